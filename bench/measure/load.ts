import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../harness/load/clock.ts';
import { closedLoop, openLoop } from '../../harness/load/generate.ts';
import { orderOf } from '../../harness/load/order-mix.ts';
import { createOrderSender, type OrderSender, type SendResult } from '../../harness/load/order-sender.ts';
import { expectEqual, WrongResult } from '../lib/expect-equal.ts';
import { memoryOf } from '../lib/memory.ts';
import { processorTimes, spent, type ProcessorTimes } from '../lib/processor-time.ts';
import type { System } from '../system/system.ts';
import type { RunningVariant } from '../system/variant.ts';
import { readSandboxRecords, setProviderLatency, waitForMails } from './sandbox-records.ts';
import type { Shape } from './shape.ts';

/** The measurements of one load. Times in milliseconds. */
export interface Load {
  readonly orders: number;
  /** From the first request to the last response. */
  readonly durationMs: number;
  /** From the first request to the last mail: a response does not wait for mails that are sent in the background. */
  readonly settledMs: number;
  /** In an open loop counted from when the order should have been sent, so that a stall is included. */
  readonly responseTimes: readonly number[];
  /** Of the orders paid by the slow method, which are not among `responseTimes`. */
  readonly slowResponseTimes: readonly number[];
  /** Until everything was settled; undefined on systems other than Linux. */
  readonly processor: ProcessorTimes | undefined;
  /** Bytes at the end, of the application and of its engine; undefined on systems other than Linux. */
  readonly memory: { readonly variant: number; readonly engine: number } | undefined;
  /** Bytes by which its databases and its engine's files have grown. */
  readonly stored: number;
}

export interface LoadOptions {
  /** Milliseconds. Orders that are in flight at the end are waited for. */
  readonly durationMs: number;
  /** The maximum. Default: as many as the duration allows. */
  readonly orders?: number;
  /** How orders are sent; the caller closes it. Default: by HTTP, with `Prefer: wait`. */
  readonly sender?: OrderSender;
  readonly signal: AbortSignal;
}

/** Work after the last mail (closing the workflow, its visibility record) is done within this time. */
const SETTLE_MS = 400;
const UNIT_PRICE = 1_000;
const MAILS_PER_ORDER = 2;
const WAIT_SECONDS = 60;
const SLOW_EVERY = 100;
const SLOW_METHOD = 'pm_sandbox_slow';

const isSlow = (shape: Shape, index: number): boolean =>
  shape.hasSlowPayments && index % SLOW_EVERY === SLOW_EVERY / 2;

/**
 * Puts a load on a variant over kept-alive connections. Checks every response, and afterwards the effects in the records of the
 * sandbox.
 * @throws {WrongResult} where a response or an effect is not as expected
 */
export async function putLoad(
  system: System,
  variant: RunningVariant,
  shape: Shape,
  { durationMs, orders = Infinity, sender: given, signal }: LoadOptions,
): Promise<Load> {
  await setProviderLatency(system.sandboxUrl, shape.providerMs);
  const before = await readSandboxRecords(system.sandboxUrl);
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
    checkResponse(variant, result);
    (isSlow(shape, index) ? slowResponseTimes : responseTimes).push(responseMs);
  };

  const processorBefore = processorTimes(variant.pids);
  const startedAt = systemClock.now();
  const limits = { orders, durationMs, signal, clock: systemClock };
  const { inFlight, rate } = shape;
  try {
    if (rate === undefined) await closedLoop(send, onDone, { concurrency: inFlight, ...limits });
    else await openLoop(send, onDone, { ratePerSecond: rate, maxInFlight: inFlight, ...limits });
  } finally {
    if (!given) sender.close();
  }
  const answeredMs = systemClock.now() - startedAt;
  signal.throwIfAborted();

  const count = responseTimes.length + slowResponseTimes.length;
  const sold = variant.sells ? count : 0;
  const after = await waitForMails(system.sandboxUrl, before.mails + sold * MAILS_PER_ORDER);
  const settledMs = variant.sells ? systemClock.now() - startedAt : answeredMs;
  await delay(SETTLE_MS);
  const processorAfter = processorTimes(variant.pids);
  const [ofVariant, ofEngine] = [memoryOf(variant.pids.variant), memoryOf(variant.pids.engine)];

  expectEqual(`${variant.title}: payments that succeeded`, after.succeeded - before.succeeded, sold);
  expectEqual(`${variant.title}: minor units captured`, after.captured - before.captured, sold * UNIT_PRICE);
  expectEqual(`${variant.title}: mails`, after.mails - before.mails, sold * MAILS_PER_ORDER);
  return {
    orders: count,
    durationMs: answeredMs,
    settledMs,
    responseTimes,
    slowResponseTimes,
    processor: processorBefore && processorAfter && spent(processorBefore, processorAfter),
    memory:
      ofVariant === undefined || ofEngine === undefined
        ? undefined
        : { variant: ofVariant, engine: ofEngine },
    stored: (await variant.storedBytes()) - storedBefore,
  };
}

/** A repeated request is an error too: its response time would include the first one. */
function checkResponse({ title, outcome }: RunningVariant, result: SendResult): void {
  if (result.outcome === outcome && result.retries === 0) return;
  const answer = result.outcome ?? result.error ?? 'nothing';
  throw new WrongResult(
    `${title}: expected the response "${outcome}" to the first request, received "${answer}" after ${result.retries} retries`,
  );
}
