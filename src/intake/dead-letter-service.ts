import type {
  DeadLetter,
  DeadLetterCursor,
  DeadLetterFilter,
  ListedDeadLetter,
} from '../adapters/postgres/dead-letters.ts';
import type { ReplayRequest } from '../contracts/http/dead-letters.ts';
import type { Actor } from '../contracts/actor.ts';
import { Problem, type ProblemCode } from '../contracts/errors.ts';
import type { Command } from '../contracts/intake/commands.ts';
import type { CommandType } from '../contracts/messages.ts';
import {
  commandServices,
  executeCommand,
  type CommandParts,
  type CommandServices,
} from './execute-command.ts';
import { isProviderEvent, isRecord, readEnvelope, tryParseJson, type Envelope } from './envelope.ts';
import { commandOf, readCommand, type CommandOptions } from './read-command.ts';
import { isRedacted } from './redaction.ts';
import { problemOf } from './retry-policy.ts';

export interface FailedReplay {
  deadLetterId: string;
  problem: Problem;
}

/** Selects dead letters: those that match the filter and follow the cursor, `limit` at most. */
export interface DeadLetterPage {
  filter: DeadLetterFilter;
  limit: number;
  after?: DeadLetterCursor;
}

/** The result of replaying or discarding a page of dead letters. `last` is the cursor of the next page, absent on the last page. */
export interface SettledPage {
  settled: string[];
  failed: FailedReplay[];
  last?: DeadLetterCursor;
}

/** Whether a command would be accepted, and the problem if it would not. `type` is absent if the message names no command. */
export type CommandCheck = { type?: CommandType } & (
  { accepted: true } | { accepted: false; problem: Problem }
);

/** Without PostgreSQL, or for an error of ours, it is not known whether the command would be accepted. */
const UNDECIDED: readonly ProblemCode[] = ['unavailable', 'too_busy', 'internal'];

/** What an operator can do with the dead letters of all brokers. */
export interface DeadLetterService {
  /** Lists dead letters, the newest first. */
  list(page: DeadLetterPage): Promise<ListedDeadLetter[]>;
  /** @throws {Problem} `dead_letter_not_found` */
  find(deadLetterId: string): Promise<DeadLetter>;
  /**
   * Executes the message again, with `corrections` applied. The message keeps its id unless that is corrected, so it takes
   * effect once however often it is replayed.
   *
   * @throws {Problem} `dead_letter_not_found`, `dead_letter_settled`, and the problem of the command if it fails again; then the
   *   dead letter keeps waiting
   */
  replay(deadLetterId: string, corrections: ReplayRequest, actor: Actor): Promise<DeadLetter>;
  /**
   * Whether {@link DeadLetterService.replay} would succeed now. Without effect, so that it is safe to run any number of times.
   *
   * @throws {Problem} `dead_letter_not_found`, `dead_letter_settled`; `unavailable` where that cannot be said now
   */
  check(deadLetterId: string, corrections: ReplayRequest, actor: Actor): Promise<CommandCheck>;
  /**
   * Safe to run twice.
   *
   * @throws {Problem} `dead_letter_not_found`, `dead_letter_settled` if it was replayed
   */
  discard(deadLetterId: string, actor: Actor, note?: string): Promise<DeadLetter>;
  /** Replays the dead letters of the page that wait, the oldest first. */
  replayMany(page: DeadLetterPage, actor: Actor): Promise<SettledPage>;
  /** Discards the dead letters of the page that wait, the oldest first. */
  discardMany(page: DeadLetterPage, actor: Actor, note?: string): Promise<SettledPage>;
}

export interface DeadLetterServiceParts extends CommandParts {
  /** Those with which a command has no effect. */
  checkServices: CommandServices;
}

export function createDeadLetterService(parts: DeadLetterServiceParts): DeadLetterService {
  const { deadLetters: store, checkServices } = parts;
  const services = commandServices(parts);

  async function find(deadLetterId: string): Promise<DeadLetter> {
    const letter = await store.find(deadLetterId);
    if (!letter) throw new Problem('dead_letter_not_found', `There is no dead letter ${deadLetterId}.`);
    return letter;
  }

  async function replay(deadLetterId: string, corrections: ReplayRequest, actor: Actor): Promise<DeadLetter> {
    const letter = await find(deadLetterId);
    requireOpen(letter);
    try {
      const { orderId } = await executeCommand(
        services,
        corrected(letter, corrections, parts),
        letter.message.source,
        actor,
      );
      await store.settle(deadLetterId, {
        state: 'replayed',
        actor,
        ...(orderId !== undefined && { orderId }),
      });
    } catch (error) {
      const problem = problemOf(error);
      const { code: reason, message: detail, errors } = problem;
      if (letter.state === 'waiting')
        await store.recordRetryFailure(deadLetterId, { reason, detail, errors });
      throw problem;
    }
    return find(deadLetterId);
  }

  async function check(
    deadLetterId: string,
    corrections: ReplayRequest,
    actor: Actor,
  ): Promise<CommandCheck> {
    const letter = await find(deadLetterId);
    requireOpen(letter);
    let type: CommandType | undefined;
    try {
      const command = corrected(letter, corrections, parts);
      ({ type } = command);
      await executeCommand(checkServices, command, letter.message.source, actor);
      return { accepted: true, type };
    } catch (error) {
      const problem = problemOf(error);
      if (UNDECIDED.includes(problem.code)) throw problem;
      return { accepted: false, ...(type && { type }), problem };
    }
  }

  async function discard(deadLetterId: string, actor: Actor, note?: string): Promise<DeadLetter> {
    const letter = await find(deadLetterId);
    if (letter.state === 'discarded') return letter;
    requireOpen(letter);
    await store.settle(deadLetterId, { state: 'discarded', actor, ...(note !== undefined && { note }) });
    return find(deadLetterId);
  }

  /** One after the other, because a message may need the effect of an earlier one. */
  async function settleEach(
    { filter, ...page }: DeadLetterPage,
    settle: (deadLetterId: string) => Promise<unknown>,
  ): Promise<SettledPage> {
    const letters = await store.list({ ...filter, state: 'waiting' }, { order: 'oldest', ...page });
    const settled: string[] = [];
    const failed: FailedReplay[] = [];
    for (const { deadLetterId } of letters) {
      try {
        await settle(deadLetterId);
        settled.push(deadLetterId);
      } catch (error) {
        failed.push({ deadLetterId, problem: problemOf(error) });
      }
    }
    const last = letters.at(-1);
    const more = letters.length === page.limit && last;
    return {
      settled,
      failed,
      ...(more && { last: { firstSeenAt: last.place, deadLetterId: last.deadLetterId } }),
    };
  }

  return {
    list: ({ filter, ...page }) => store.list(filter, { order: 'newest', ...page }),
    find,
    check,
    replay,
    discard,
    replayMany: (page, actor) => settleEach(page, (id) => replay(id, {}, actor)),
    discardMany: (page, actor, note) => settleEach(page, (id) => discard(id, actor, note)),
  };
}

function requireOpen({ state, orderId }: DeadLetter): void {
  if (state === 'waiting' || state === 'retrying') return;
  throw new Problem('dead_letter_settled', `The dead letter was already ${state}.`, {
    extra: { state, ...(orderId !== undefined && { orderId }) },
  });
}

function corrected(
  { message }: DeadLetter,
  { id, type, data }: ReplayRequest,
  options: CommandOptions,
): Command {
  // The texts of a provider's event are not needed: they are read only to find the payment.
  if (data === undefined && isRedacted(message) && !isProviderEvent(message))
    throw new Problem(
      'card_number_refused',
      'The message was stored without its card number. Replay it with corrected data.',
    );
  if (id === undefined && type === undefined && data === undefined) return readCommand(message, options);
  // The corrected data replaces a body that may not be readable, so the rest of the envelope is read without checks.
  const envelope: Envelope = data === undefined ? readEnvelope(message) : uncheckedEnvelope(message);
  return commandOf(
    {
      ...envelope,
      ...(id !== undefined && { id }),
      ...(type !== undefined && { type }),
      ...(data !== undefined && { data }),
    },
    options,
  );
}

function uncheckedEnvelope({ body, attributes, id, type }: DeadLetter['message']): Envelope {
  const document = tryParseJson(body);
  if (isRecord(document) && 'specversion' in document) return document;
  return 'specversion' in attributes ? { ...attributes } : { id, type };
}
