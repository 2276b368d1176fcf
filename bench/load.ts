import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../src/cli/load/clock.ts';
import { closedLoop } from '../src/cli/load/generate.ts';
import { orderOf, SPREAD } from '../src/cli/load/order-mix.ts';
import { createOrderSender, type SendResult } from '../src/cli/load/order-sender.ts';
import { processorTimes, spent, type ProcessorTimes } from './processor-time.ts';
import type { RunningVariant } from './running-variant.ts';
import { expectEqual, mailsArrived, readBooks, WrongResult } from './sandbox-books.ts';
import type { System } from './system.ts';

/** One load, measured. Times in milliseconds. */
export interface Load {
  readonly orders: number;
  readonly inFlight: number;
  /** From the first request to the last answer. */
  readonly durationMs: number;
  /** To the last mail: an answer does not wait for it where mails leave beside the order. */
  readonly settledMs: number;
  readonly responseTimes: readonly number[];
  /** Until all was settled; undefined where the system does not tell. */
  readonly processor: ProcessorTimes | undefined;
}

/** What is left to do after the last mail (closing the workflow, its visibility record) is done within this time. */
const REST_MS = 400;
const UNIT_PRICE = 1_000;
const MAILS_AN_ORDER = 2;
const WAIT_SECONDS = 60;

/**
 * So many orders at a variant, `inFlight` of them at a time, each sent as soon as another is answered (closed loop), by
 * kept-alive connections. Every answer is checked, and against the books of the sandbox, so is what was really done.
 * @throws {WrongResult} where an answer or an effect is not what it should be
 */
export async function putLoad(
  system: System,
  variant: RunningVariant,
  { orders, inFlight, signal }: { orders: number; inFlight: number; signal: AbortSignal },
): Promise<Load> {
  const before = await readBooks(system.sandboxUrl);
  const pids = { ...system.pids, variant: variant.pid };
  const sender = createOrderSender({ connection: variant, maxSockets: inFlight, waitSeconds: WAIT_SECONDS });
  const mix = { skus: SPREAD, methods: ['pm_card_visa'], quantity: 1, currency: 'EUR' };
  const run = randomUUID();
  const responseTimes: number[] = [];

  const startedWith = processorTimes(pids);
  const startedAt = systemClock.now();
  try {
    await closedLoop<SendResult>(
      (index) => sender.send(orderOf(mix, index), `bench-${run}-${index}`),
      (result, responseMs) => {
        checkAnswer(variant, result);
        responseTimes.push(responseMs);
      },
      { concurrency: inFlight, orders, durationMs: Infinity, signal, clock: systemClock },
    );
  } finally {
    sender.close();
  }
  const durationMs = systemClock.now() - startedAt;
  signal.throwIfAborted();

  const sold = variant.sells ? orders : 0;
  const after = await mailsArrived(system.sandboxUrl, before.mails + sold * MAILS_AN_ORDER);
  const settledMs = variant.sells ? systemClock.now() - startedAt : durationMs;
  await delay(REST_MS);
  const endedWith = processorTimes(pids);

  expectEqual(`${variant.title}: payments that succeeded`, after.succeeded - before.succeeded, sold);
  expectEqual(`${variant.title}: minor units captured`, after.captured - before.captured, sold * UNIT_PRICE);
  expectEqual(`${variant.title}: mails`, after.mails - before.mails, sold * MAILS_AN_ORDER);
  return {
    orders,
    inFlight,
    durationMs,
    settledMs,
    responseTimes,
    processor: startedWith && endedWith && spent(startedWith, endedWith),
  };
}

/** An order that was sent twice would be measured wrongly, so that is an error here. */
function checkAnswer({ title, outcome }: RunningVariant, result: SendResult): void {
  if (result.outcome === outcome && result.retries === 0) return;
  const answer = result.outcome ?? result.error ?? 'nothing';
  throw new WrongResult(`${title} answered "${answer}" after ${result.retries} retries, not "${outcome}"`);
}
