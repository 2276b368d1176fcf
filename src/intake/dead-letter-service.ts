import type {
  DeadLetter,
  DeadLetterCursor,
  DeadLetterFilter,
  DeadLetterStore,
  ListedDeadLetter,
} from '../adapters/postgres/dead-letters.ts';
import type { ReplayRequest } from '../contracts/http/dead-letters.ts';
import { Problem } from '../contracts/errors.ts';
import type { Command } from '../contracts/intake/commands.ts';
import { executeCommand, type CommandParts } from './execute-command.ts';
import { bestGuess, isRecord, readEnvelope, type Envelope } from './envelope.ts';
import { problemOf } from './is-transient.ts';
import { commandOf, readCommand, type CommandOptions } from './read-command.ts';

export interface DeadLetterServiceParts extends CommandParts, CommandOptions {
  store: DeadLetterStore;
}

export interface FailedReplay {
  deadLetterId: string;
  problem: Problem;
}

/** Which dead letters are meant, and from where on. */
export interface DeadLetterPage {
  filter: DeadLetterFilter;
  limit: number;
  after?: DeadLetterCursor;
}

/** A page of dead letters that were gone through; `last` is where the next one begins. */
export interface SettledPage {
  settled: string[];
  failed: FailedReplay[];
  last?: DeadLetterCursor;
}

/** What an operator does with dead letters, whichever broker they came from. */
export interface DeadLetterService {
  /** The newest first. */
  list(page: DeadLetterPage): Promise<ListedDeadLetter[]>;
  /** @throws {Problem} `dead_letter_not_found` */
  find(deadLetterId: string): Promise<DeadLetter>;
  /**
   * Takes the message in again, put right where `corrections` say so. It keeps its id, so it is done once however often it is
   * replayed.
   *
   * @throws {Problem} `dead_letter_not_found`, `dead_letter_settled`; what is wrong with it still, and then it goes on waiting
   */
  replay(deadLetterId: string, corrections: ReplayRequest): Promise<DeadLetter>;
  /** @throws {Problem} `dead_letter_not_found`, `dead_letter_settled` if it was replayed */
  discard(deadLetterId: string, note?: string): Promise<DeadLetter>;
  /** Those that wait, the oldest first. */
  replayMany(page: DeadLetterPage): Promise<SettledPage>;
  discardMany(page: DeadLetterPage, note?: string): Promise<SettledPage>;
}

export function createDeadLetterService(parts: DeadLetterServiceParts): DeadLetterService {
  const { store } = parts;

  async function find(deadLetterId: string): Promise<DeadLetter> {
    const letter = await store.find(deadLetterId);
    if (!letter) throw new Problem('dead_letter_not_found', 'There is no dead letter of this id.');
    return letter;
  }

  async function replay(deadLetterId: string, corrections: ReplayRequest): Promise<DeadLetter> {
    const letter = await find(deadLetterId);
    requireOpen(letter);
    try {
      const { orderId } = await executeCommand(parts, corrected(letter, corrections, parts));
      await store.settle(deadLetterId, { state: 'replayed', ...(orderId !== undefined && { orderId }) });
    } catch (error) {
      const problem = problemOf(error);
      const { code: reason, message: detail, errors } = problem;
      if (letter.state === 'waiting') await store.recordRetryFailure(deadLetterId, { reason, detail, errors });
      throw problem;
    }
    return find(deadLetterId);
  }

  async function discard(deadLetterId: string, note?: string): Promise<DeadLetter> {
    const letter = await find(deadLetterId);
    if (letter.state === 'discarded') return letter;
    requireOpen(letter);
    await store.settle(deadLetterId, { state: 'discarded', ...(note !== undefined && { note }) });
    return find(deadLetterId);
  }

  /** One after the other: what was sent first may be what the next one needs. */
  async function each(
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
    replay,
    discard,
    replayMany: (page) => each(page, (id) => replay(id, {})),
    discardMany: (page, note) => each(page, (id) => discard(id, note)),
  };
}

function requireOpen({ state, orderId }: DeadLetter): void {
  if (state === 'waiting' || state === 'retrying') return;
  throw new Problem('dead_letter_settled', `The dead letter was ${state} before.`, {
    extra: { state, ...(orderId !== undefined && { orderId }) },
  });
}

function corrected(
  { message }: DeadLetter,
  { id, type, data }: ReplayRequest,
  options: CommandOptions,
): Command {
  if (id === undefined && type === undefined && data === undefined) return readCommand(message, options);
  // What is put right replaces what is wrong, so the rest is taken as far as it can be read.
  const envelope: Envelope = data === undefined ? readEnvelope(message) : asFarAsItGoes(message);
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

function asFarAsItGoes({ body, attributes, id, type }: DeadLetter['message']): Envelope {
  const guess = bestGuess(body);
  if (isRecord(guess) && 'specversion' in guess) return guess;
  return 'specversion' in attributes ? { ...attributes } : { id, type };
}
