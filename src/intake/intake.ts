import type { OperatorLog } from '../adapters/postgres/operator-log.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { NewDeadLetter } from '../adapters/postgres/dead-letters.ts';
import type { Broker, InboundMessage, Receipt } from '../contracts/ports/broker.ts';
import type { BrokerName } from '../contracts/broker-names.ts';
import type { Problem } from '../contracts/errors.ts';
import type { Command } from '../contracts/intake/commands.ts';
import { NO_BRAKES, type Brakes } from '../contracts/ports/brakes.ts';
import { pauseBefore } from '../domain/backoff.ts';
import type { Logger } from '../platform/logging.ts';
import {
  commandServices,
  executeCommand,
  orderToCancel,
  originOf,
  queueKeysOf,
  type CommandParts,
} from './execute-command.ts';
import { deadLetterIdOf, identityOf } from './dead-letter-id.ts';
import { createDeadLetterOutbox } from './dead-letter-outbox.ts';
import { createHeldOrders, MAX_HELD } from './held-orders.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { readCommand } from './read-command.ts';
import {
  givesWay,
  IN_PROCESS_BACKOFF,
  inProcessRetryMs,
  isTransient,
  problemOf,
  STORED_RETRY_BACKOFF,
  waitsForRelease,
} from './retry-policy.ts';
import { logCommand } from './log-command.ts';
import { redacted } from './redaction.ts';
import { createRetryWorker } from './retry-worker.ts';
import { createSemaphore } from './semaphore.ts';

export interface IntakeOptions extends CommandParts {
  brokers: readonly Broker[];
  /** What operators have paused. Default: nothing. */
  brakes?: Brakes;
  /** The maximum number of commands that are executed at the same time. */
  concurrency: number;
  /** After this many milliseconds a message that still cannot be executed is left to an operator. */
  retryForMs: number;
  /** Gets an entry for each operation that a client has asked for by message. Absent: they are not logged. */
  operatorLog?: Pick<OperatorLog, 'add'>;
  logger: Logger;
}

export interface Intake {
  /** Takes no further messages. Resolves when all messages in flight are done, or after `graceMs` milliseconds. */
  stop(graceMs: number): Promise<void>;
}

/** Rejects the handling of a message because the process ends: the broker keeps the message and delivers it again. */
class IntakeStopping extends Error {
  override readonly name = 'IntakeStopping';
}

/**
 * Messages that the brokers may hand over for each command that can be executed at the same time. More than one, so that the
 * next message is there when a command ends, and messages that wait for their next attempt do not delay others.
 */
const PREFETCH_PER_COMMAND = 4;

/**
 * Executes the commands that the brokers deliver. A message is acknowledged when its effect is durable, or when the message
 * itself is stored in `dead_letters`: with the state `retrying`, or with the state `waiting` for an operator. A message that is
 * delivered twice takes effect once. While the intake of orders is paused, messages that place orders are held and not acknowledged.
 *
 * Rejects if it cannot consume from a broker, and then leaves nothing running.
 */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const { brokers, brakes = NO_BRAKES, deadLetters, concurrency, retryForMs, logger } = options;
  const { operatorLog, clientId } = options;
  const queue = createKeyedQueue();
  const semaphore = createSemaphore(concurrency);
  const stopping = new AbortController();
  const inFlight = new Set<Promise<unknown>>();
  /** What was delivered while messages are paused, and has no receipt. */
  const waiting = new Map<string, Promise<Receipt>>();
  const outbox = createDeadLetterOutbox(brokers, deadLetters, logger);
  const heldOrders = createHeldOrders(brakes);
  const services = commandServices(options);
  const execute = (command: Command, by: BrokerName): Promise<Receipt> =>
    semaphore.run(async () => {
      const receipt = await executeCommand(services, command, by);
      if (operatorLog) await logCommand(operatorLog, clientId, command, receipt);
      return receipt;
    });
  const retryWorker = createRetryWorker({
    ...options,
    queue,
    execute,
    isPaused: heldOrders.isPaused,
    onDeadLetter: () => {
      outbox.wake();
    },
  });

  /** A pause may last for days, in which a broker delivers again and again what is not acknowledged: that must not wait once more each time. */
  function receive(message: InboundMessage): Promise<Receipt> {
    if (!heldOrders.isPaused()) return begin(message);
    const key = deadLetterIdOf(message);
    const known = waiting.get(key);
    if (known) return known;
    const handled = begin(message);
    waiting.set(key, handled);
    const done = (): void => void waiting.delete(key);
    handled.then(done, done);
    return handled;
  }

  function begin(message: InboundMessage): Promise<Receipt> {
    const { messageId: id } = identityOf(message);
    const handled = handle(message).then((receipt) => (id === undefined ? receipt : { id, ...receipt }));
    inFlight.add(handled);
    const done = (): void => void inFlight.delete(handled);
    handled.then(done, done);
    return handled;
  }

  async function handle(message: InboundMessage): Promise<Receipt> {
    let command: Command;
    try {
      command = readCommand(message, options);
    } catch (error) {
      return storeDeadLetter(message, problemOf(error), 1);
    }
    return executeWithRetries(message, command);
  }

  async function executeWithRetries(message: InboundMessage, command: Command): Promise<Receipt> {
    const keys = queueKeysOf(command, options.clientId);
    const age = ageOf();
    for (let attempts = 1; ;) {
      const outcome = await queue.run(keys, () => attempt(message, command, age, attempts));
      if ('receipt' in outcome) return outcome.receipt;
      ({ attempts } = outcome);
      await pause(pauseBefore(attempts - 2, IN_PROCESS_BACKOFF));
    }
  }

  /**
   * Executes the command, again and again while a server cannot be reached: later commands of the same order wait for it. A command that
   * refers to something that does not exist yet gives way to them, because one of them may create it. Commands of an order that is held
   * wait with it.
   */
  async function attempt(
    message: InboundMessage,
    command: Command,
    age: Age,
    firstAttempt: number,
  ): Promise<{ receipt: Receipt } | { attempts: number }> {
    const { source: by } = message;
    const origin = originOf(command, by);
    // ZeroMQ keeps no messages: its clients are told to send theirs again.
    const mayBeHeld = origin !== undefined && by !== 'zeromq';
    for (let attempts = firstAttempt; ; attempts += 1) {
      if (stopping.signal.aborted) throw new IntakeStopping();
      if (mayBeHeld && (await heldOrders.hold(origin))) age.restart();
      try {
        return { receipt: await execute(command, by) };
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === 'intake_paused') {
          // It is held if the brake was set after it was looked for.
          if (mayBeHeld) continue;
          return { receipt: { result: 'paused', code: problem.code, detail: problem.message } };
        }
        if (attempts === 1) logUnexpected(message, problem);
        const isOld = age.ms() > retryForMs && !waitsForRelease(problem, heldOrders.isPaused());
        if (!isTransient(problem) || isOld)
          return { receipt: await storeDeadLetter(message, problem, attempts) };
        // Stored at once, so that the message that places the order finds it, whichever process gets that.
        const orderId = problem.code === 'order_not_found' ? orderToCancel(command) : undefined;
        if (orderId !== undefined || age.ms() > inProcessRetryMs(problem)) {
          const retry = {
            retryInMs: STORED_RETRY_BACKOFF.firstMs,
            ...(orderId !== undefined && { orderId }),
          };
          return { receipt: await storeDeadLetter(message, problem, attempts, retry) };
        }
        if (givesWay(problem)) return { attempts: attempts + 1 };
      }
      await pause(pauseBefore(attempts - 1, IN_PROCESS_BACKOFF));
    }
  }

  /** Tries until PostgreSQL has the message: before that the broker must not forget it. */
  async function storeDeadLetter(
    received: InboundMessage,
    { code: reason, message: detail, errors }: Problem,
    attempts: number,
    retry?: Pick<NewDeadLetter, 'retryInMs' | 'orderId'>,
  ): Promise<Receipt> {
    const message = redacted(received);
    const deadLetterId = deadLetterIdOf(message);
    const letter = { deadLetterId, message, ...identityOf(message), reason, detail, errors, attempts };
    for (let tries = 1; ; tries += 1) {
      try {
        await deadLetters.keep({ ...letter, ...retry });
        break;
      } catch (error) {
        if (tries === 1)
          logger.warn(
            { deadLetterId, cause: describe(error) },
            'intake cannot store a message; it tries again',
          );
        await pause(pauseBefore(tries - 1, IN_PROCESS_BACKOFF));
      }
    }
    if (retry) return { result: 'deferred' };
    logger.warn(
      { deadLetterId, source: message.source, position: message.position, reason },
      'intake stored a dead letter',
    );
    outbox.wake();
    return { result: 'dead', deadLetterId, code: reason, detail };
  }

  function logUnexpected({ source, position }: InboundMessage, problem: Problem): void {
    if (problem.code === 'internal')
      logger.error(
        { source, position, cause: describe(problem.cause) },
        'intake could not execute a message',
      );
  }

  async function pause(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: stopping.signal });
    } catch {
      throw new IntakeStopping();
    }
  }

  async function stop(graceMs: number): Promise<void> {
    await Promise.all(brokers.map((broker) => broker.pause()));
    stopping.abort();
    heldOrders.stop(new IntakeStopping());
    const grace = new AbortController();
    await Promise.race([
      Promise.allSettled([...inFlight, retryWorker.stop(), outbox.stop()]),
      delay(graceMs, undefined, { signal: grace.signal }).catch(() => undefined),
    ]);
    grace.abort();
    await Promise.allSettled(brokers.map((broker) => broker.close()));
  }

  outbox.start();
  retryWorker.start();
  const maxDelivered = (): number =>
    concurrency * PREFETCH_PER_COMMAND + (heldOrders.isPaused() ? MAX_HELD : 0);
  let delivered = maxDelivered();
  heldOrders.onChange(() => {
    if (delivered === maxDelivered()) return;
    delivered = maxDelivered();
    for (const broker of brokers) void broker.resize?.(delivered);
  });
  try {
    for (const broker of brokers) await broker.consume(receive, delivered);
  } catch (error) {
    await stop(0);
    throw error;
  }
  logger.info({ brokers: brokers.map(({ name }) => name) }, 'intake consumes commands');

  return { stop };
}

/** How long a message has been tried, in milliseconds. */
interface Age {
  ms(): number;
  restart(): void;
}

function ageOf(): Age {
  let began = performance.now();
  return {
    ms: () => performance.now() - began,
    restart() {
      began = performance.now();
    },
  };
}

/** Without the error's message, which in PostgreSQL's errors may repeat values of the row. */
const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}${'code' in error ? ` ${String(error.code)}` : ''}` : typeof error;
