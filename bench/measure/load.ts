import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../harness/load/clock.ts';
import { closedLoop, openLoop } from '../../harness/load/generate.ts';
import { orderOf } from '../../harness/load/order-mix.ts';
import { createOrderSender, type OrderSender, type SendResult } from '../../harness/load/order-sender.ts';
import { memoryOf } from '../lib/memory.ts';
import { processorTimes, spent, type ProcessorTimes } from '../lib/processor-time.ts';
import type { RunningVariant } from '../system/running-variant.ts';
import { expectEqual, mailsArrived, readBooks, setThinkTime, WrongResult } from './sandbox-records.ts';
import type { Shape } from '../compare/scenarios.ts';
import type { System } from '../system/system.ts';

/** One load, measured. Times in milliseconds. */
export interface Load {
  readonly orders: number;
  /** From the first request to the last answer. */
  readonly durationMs: number;
  /** To the last mail: an answer does not wait for it where mails leave beside the order. */
  readonly settledMs: number;
  /** In an open loop from when the order should have been sent, so that a stall is not left out. */
  readonly responseTimes: readonly number[];
  /** Of the orders of the tail, which are not among the others. */
  readonly slowResponseTimes: readonly number[];
  /** Until all was settled; undefined where the system does not tell. */
  readonly processor: ProcessorTimes | undefined;
  /** Bytes at the end, of the application and of its engine; undefined where the system does not tell. */
  readonly memory: { readonly variant: number; readonly engine: number } | undefined;
  /** Bytes that its databases and its engine's files have grown by. */
  readonly stored: number;
}

export interface Duration {
  /** Milliseconds; what is under way then is waited for. */
  readonly durationMs: number;
  /** At most. Default: as many as the time allows. */
  readonly orders?: number;
  /** How the orders get there; it stays open. Default: by HTTP, with `Prefer: wait`. */
  readonly sender?: OrderSender;
  readonly signal: AbortSignal;
}

/** What is left to do after the last mail (closing the workflow, its visibility record) is done within this time. */
const REST_MS = 400;
const UNIT_PRICE = 1_000;
const MAILS_AN_ORDER = 2;
const WAIT_SECONDS = 60;
const SLOW_EVERY = 100;
const SLOW_METHOD = 'pm_sandbox_slow';

const isSlow = (shape: Shape, index: number): boolean => shape.tail && index % SLOW_EVERY === SLOW_EVERY / 2;

/**
 * Puts a load on a variant over kept-alive connections. Every answer is checked, and against the books of the sandbox, so is
 * what was really done.
 * @throws {WrongResult} where an answer or an effect is not what it should be
 */
export async function putLoad(
  system: System,
  variant: RunningVariant,
  shape: Shape,
  { durationMs, orders = Infinity, sender: given, signal }: Duration,
): Promise<Load> {
  await setThinkTime(system.sandboxUrl, shape.thinkMs);
  const before = await readBooks(system.sandboxUrl);
  const storedBefore = await variant.storedBytes();
  const sender =
    given ??
    createOrderSender({ connection: variant, maxSockets: shape.inFlight, waitSeconds: WAIT_SECONDS });
  const run = randomUUID();
  const responseTimes: number[] = [];
  const slowResponseTimes: number[] = [];

  const send = async (index: number): Promise<{ index: number; result: SendResult }> => {
    const methods = [isSlow(shape, index) ? SLOW_METHOD : 'pm_card_visa'];
    const order = orderOf({ skus: shape.skus, methods, quantity: 1, currency: 'EUR' }, index);
    return { index, result: await sender.send(order, `bench-${run}-${index}`) };
  };
  const onDone = ({ index, result }: { index: number; result: SendResult }, responseMs: number): void => {
    checkAnswer(variant, result);
    (isSlow(shape, index) ? slowResponseTimes : responseTimes).push(responseMs);
  };

  const startedWith = processorTimes(variant.pids);
  const startedAt = systemClock.now();
  const limits = { orders, durationMs, signal, clock: systemClock };
  const { inFlight, rate } = shape;
  try {
    if (rate === undefined) await closedLoop(send, onDone, { concurrency: inFlight, ...limits });
    else await openLoop(send, onDone, { ratePerSecond: rate, maxInFlight: inFlight, ...limits });
  } finally {
    if (!given) sender.close();
  }
  const tookMs = systemClock.now() - startedAt;
  signal.throwIfAborted();

  const count = responseTimes.length + slowResponseTimes.length;
  const sold = variant.sells ? count : 0;
  const after = await mailsArrived(system.sandboxUrl, before.mails + sold * MAILS_AN_ORDER);
  const settledMs = variant.sells ? systemClock.now() - startedAt : tookMs;
  await delay(REST_MS);
  const endedWith = processorTimes(variant.pids);
  const [ofVariant, ofEngine] = [memoryOf(variant.pids.variant), memoryOf(variant.pids.engine)];

  expectEqual(`${variant.title}: payments that succeeded`, after.succeeded - before.succeeded, sold);
  expectEqual(`${variant.title}: minor units captured`, after.captured - before.captured, sold * UNIT_PRICE);
  expectEqual(`${variant.title}: mails`, after.mails - before.mails, sold * MAILS_AN_ORDER);
  return {
    orders: count,
    durationMs: tookMs,
    settledMs,
    responseTimes,
    slowResponseTimes,
    processor: startedWith && endedWith && spent(startedWith, endedWith),
    memory:
      ofVariant === undefined || ofEngine === undefined
        ? undefined
        : { variant: ofVariant, engine: ofEngine },
    stored: (await variant.storedBytes()) - storedBefore,
  };
}

/** An order that was sent twice would be measured wrongly, so that is an error here. */
function checkAnswer({ title, outcome }: RunningVariant, result: SendResult): void {
  if (result.outcome === outcome && result.retries === 0) return;
  const answer = result.outcome ?? result.error ?? 'nothing';
  throw new WrongResult(`${title} answered "${answer}" after ${result.retries} retries, not "${outcome}"`);
}
