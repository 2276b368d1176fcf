import type { DeadLetter, DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { Receipt } from '../contracts/ports/broker.ts';
import type { Command } from '../contracts/intake/commands.ts';
import { pauseBefore } from '../domain/backoff.ts';
import type { Logger } from '../platform/logging.ts';
import { queueKeyOf } from './execute-command.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import { isTransient, problemOf, PUT_ASIDE } from './is-transient.ts';
import { readCommand, type CommandOptions } from './read-command.ts';
import { repeat, type Repeated } from './poller.ts';

export interface RetryWorkerParts extends CommandOptions {
  deadLetters: DeadLetterStore;
  lanes: KeyedQueue;
  attempt: (command: Command) => Promise<Receipt>;
  retryForMs: number;
  /** One has become a dead letter for good. */
  onDead: () => void;
  logger: Logger;
}

const AT_ONCE = 50;
const POLL_INTERVAL_MS = 1_000;
/** Longer than any attempt: if this process dies meanwhile, another one takes over after it. */
const LEASE_MS = 120_000;

/** Tries again what was put aside, until it is done, refused, or too old. */
export function createRetryWorker(parts: RetryWorkerParts): Repeated {
  const { deadLetters, lanes, attempt, retryForMs, onDead, logger } = parts;

  async function round(): Promise<boolean> {
    const due = await deadLetters.leaseDueRetries(AT_ONCE, LEASE_MS);
    await Promise.all(due.map(tryAgain));
    return due.length === AT_ONCE;
  }

  async function tryAgain({ deadLetterId, message, firstSeenAt, attempts }: DeadLetter): Promise<void> {
    try {
      const command = readCommand(message, parts);
      await lanes.run(queueKeyOf(command, parts.clientId), () => attempt(command));
      await deadLetters.remove(deadLetterId);
    } catch (error) {
      const problem = problemOf(error);
      const { code: reason, message: detail, errors } = problem;
      const over = !isTransient(problem) || Date.now() - firstSeenAt.getTime() > retryForMs;
      const retryInMs = over ? undefined : pauseBefore(attempts, PUT_ASIDE);
      await deadLetters.recordRetryFailure(deadLetterId, { reason, detail, errors }, retryInMs);
      if (!over) return;
      logger.warn({ deadLetterId, source: message.source, reason }, 'a dead letter');
      onDead();
    }
  }

  return repeat(round, POLL_INTERVAL_MS, (error) => {
    logger.warn({ cause: String(error) }, 'what was put aside cannot be tried again yet');
  });
}
