import type { DeadLetter, DeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import type { BrokerName } from '../contracts/broker-names.ts';
import type { Receipt } from '../contracts/ports/broker.ts';
import type { Command } from '../contracts/intake/commands.ts';
import { pauseBefore } from '../domain/backoff.ts';
import type { Logger } from '../platform/logging.ts';
import { queueKeysOf } from './execute-command.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import { createPoller, type Poller } from './poller.ts';
import { readCommand, type CommandOptions } from './read-command.ts';
import { isTransient, problemOf, STORED_RETRY_BACKOFF, waitsForRelease } from './retry-policy.ts';

export interface RetryWorkerParts extends CommandOptions {
  deadLetters: DeadLetterStore;
  /** The queue of the messages that arrive: a retry keeps its order with them. */
  queue: KeyedQueue;
  execute: (command: Command, by: BrokerName) => Promise<Receipt>;
  /** Whether orders by message are paused, which a command about an order may wait for. */
  isPaused: () => boolean;
  /** After this many milliseconds a message is left to an operator. */
  retryForMs: number;
  /** Called when a message is not retried any more and waits for an operator. */
  onDeadLetter: () => void;
  logger: Logger;
}

const RETRY_BATCH_SIZE = 50;
const RETRY_POLL_INTERVAL_MS = 1_000;
/** Longer than any attempt: if this process dies meanwhile, another process retries the messages after this time. */
const LEASE_MS = 120_000;

/** Retries the messages that are stored with the state `retrying`, until they are done, are refused, or are too old. */
export function createRetryWorker(parts: RetryWorkerParts): Poller {
  const { deadLetters, queue, execute, isPaused, retryForMs, onDeadLetter, logger } = parts;

  async function retryDue(): Promise<boolean> {
    const due = await deadLetters.leaseDueRetries(RETRY_BATCH_SIZE, LEASE_MS);
    await Promise.all(due.map(retry));
    return due.length === RETRY_BATCH_SIZE;
  }

  async function retry({ deadLetterId, message, firstSeenAt, attempts }: DeadLetter): Promise<void> {
    try {
      const command = readCommand(message, parts);
      await queue.run(queueKeysOf(command, parts.clientId), () => execute(command, message.source));
      await deadLetters.remove(deadLetterId);
    } catch (error) {
      const problem = problemOf(error);
      const { code: reason, message: detail, errors } = problem;
      const isOld = Date.now() - firstSeenAt.getTime() > retryForMs;
      const isFinal = !waitsForRelease(problem, isPaused()) && (!isTransient(problem) || isOld);
      const retryInMs = isFinal ? undefined : pauseBefore(attempts, STORED_RETRY_BACKOFF);
      await deadLetters.recordRetryFailure(deadLetterId, { reason, detail, errors }, retryInMs);
      if (!isFinal) return;
      logger.warn({ deadLetterId, source: message.source, reason }, 'intake stored a dead letter');
      onDeadLetter();
    }
  }

  return createPoller({
    poll: retryDue,
    intervalMs: RETRY_POLL_INTERVAL_MS,
    onError: (error) => {
      logger.warn({ cause: String(error) }, 'intake cannot retry stored messages; it tries again');
    },
  });
}
