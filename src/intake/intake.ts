import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { Broker, InboundMessage, Receipt } from '../contracts/ports/broker.ts';
import type { Problem } from '../contracts/errors.ts';
import type { Command } from '../contracts/intake/commands.ts';
import { pauseBefore } from '../domain/backoff.ts';
import type { Logger } from '../platform/logging.ts';
import { executeCommand, queueKeyOf, type CommandParts } from './execute-command.ts';
import { deadLetterIdOf, nameOf } from './dead-letter-id.ts';
import { createDeadLetterOutbox } from './dead-letter-outbox.ts';
import { createKeyedQueue, createSlots } from './keyed-queue.ts';
import { IN_HAND, isTransient, patienceMs, problemOf, PUT_ASIDE } from './is-transient.ts';
import { readCommand, type CommandOptions } from './read-command.ts';
import { createRetryWorker } from './retry-worker.ts';

export interface IntakeOptions extends CommandParts, CommandOptions {
  brokers: readonly Broker[];
  deadLetters: DeadLetterStore;
  /** Commands that are carried out at the same time at most. */
  concurrency: number;
  /** After so long a message that still cannot be done is left to an operator, in milliseconds. */
  retryForMs: number;
  logger: Logger;
}

export interface Intake {
  /** Takes nothing more in, and resolves when all that is in hand is done, or after so many milliseconds. */
  stop(graceMs: number): Promise<void>;
}

/** The process ends: whoever has the message must keep it. */
class Stopping extends Error {
  override readonly name = 'Stopping';
}

/** More than run, so that the next is at hand; and those that wait for another try hold up nobody. */
const HANDED_OVER_PER_SLOT = 4;

/**
 * Takes commands from the brokers. A message is acknowledged when what it asks for is durable, or when it is kept in
 * `dead_letters` itself: as one that is tried again, or as one for an operator. Whatever comes twice is done once.
 */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const { brokers, deadLetters, concurrency, retryForMs, logger } = options;
  const lanes = createKeyedQueue();
  const slots = createSlots(concurrency);
  const stopping = new AbortController();
  const inHand = new Set<Promise<unknown>>();
  const outbox = createDeadLetterOutbox(brokers, deadLetters, logger);
  const attempt = (command: Command): Promise<Receipt> => slots.use(() => executeCommand(options, command));
  const retryWorker = createRetryWorker({
    ...options,
    lanes,
    attempt,
    onDead: () => {
      outbox.wake();
    },
  });

  function take(message: InboundMessage): Promise<Receipt> {
    const { messageId: id } = nameOf(message);
    const handled = handle(message).then((receipt) => (id === undefined ? receipt : { id, ...receipt }));
    inHand.add(handled);
    const done = (): void => void inHand.delete(handled);
    handled.then(done, done);
    return handled;
  }

  async function handle(message: InboundMessage): Promise<Receipt> {
    let command: Command;
    try {
      command = readCommand(message, options);
    } catch (error) {
      return keep(message, problemOf(error), 1);
    }
    return lanes.run(queueKeyOf(command, options.clientId), () => executeWithRetries(message, command));
  }

  async function executeWithRetries(message: InboundMessage, command: Command): Promise<Receipt> {
    const began = performance.now();
    for (let tries = 1; ; tries += 1) {
      if (stopping.signal.aborted) throw new Stopping();
      try {
        return await attempt(command);
      } catch (error) {
        const problem = problemOf(error);
        if (tries === 1) tell(message, problem);
        const age = performance.now() - began;
        if (!isTransient(problem) || age > retryForMs) return keep(message, problem, tries);
        if (age > patienceMs(problem)) return keep(message, problem, tries, PUT_ASIDE.firstMs);
      }
      await pause(pauseBefore(tries - 1, IN_HAND));
    }
  }

  /** Until PostgreSQL has it: before that nobody may forget it. */
  async function keep(
    message: InboundMessage,
    { code: reason, message: detail, errors }: Problem,
    attempts: number,
    retryInMs?: number,
  ): Promise<Receipt> {
    const deadLetterId = deadLetterIdOf(message);
    const letter = { deadLetterId, message, ...nameOf(message), reason, detail, errors, attempts };
    for (let tries = 1; ; tries += 1) {
      try {
        await deadLetters.keep({ ...letter, ...(retryInMs !== undefined && { retryInMs }) });
        break;
      } catch (error) {
        if (tries === 1)
          logger.warn({ deadLetterId, cause: describe(error) }, 'a message cannot be put aside');
        await pause(pauseBefore(tries - 1, IN_HAND));
      }
    }
    if (retryInMs !== undefined) return { result: 'deferred' };
    logger.warn(
      { deadLetterId, source: message.source, position: message.position, reason },
      'a dead letter',
    );
    outbox.wake();
    return { result: 'dead', deadLetterId, code: reason, detail };
  }

  function tell({ source, position }: InboundMessage, problem: Problem): void {
    if (problem.code === 'internal')
      logger.error({ source, position, cause: describe(problem.cause) }, 'a message failed');
  }

  async function pause(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: stopping.signal });
    } catch {
      throw new Stopping();
    }
  }

  outbox.start();
  retryWorker.start();
  for (const broker of brokers) await broker.consume(take, concurrency * HANDED_OVER_PER_SLOT);
  logger.info({ brokers: brokers.map(({ name }) => name) }, 'messages are taken in');

  return {
    async stop(graceMs) {
      await Promise.all(brokers.map((broker) => broker.pause()));
      stopping.abort();
      const late = new AbortController();
      await Promise.race([
        Promise.allSettled([...inHand, retryWorker.stop(), outbox.stop()]),
        delay(graceMs, undefined, { signal: late.signal }).catch(() => undefined),
      ]);
      late.abort();
      await Promise.allSettled(brokers.map((broker) => broker.close()));
    },
  };
}

/** Messages of PostgreSQL repeat values of the row. */
const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}${'code' in error ? ` ${String(error.code)}` : ''}` : typeof error;
