import type { Clock } from './clock.ts';

/** When to stop: after so many orders, after a time, or at the signal. Orders in flight are always awaited. */
export interface Limits {
  readonly orders: number;
  /** Milliseconds from the start; Infinity for no limit. */
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Sends order number `index`; never rejects. */
export type Send<Result> = (index: number) => Promise<Result>;

/** `responseMs`: the time since the order was sent; in an open loop, since it should have been sent. */
export type OnDone<Result> = (result: Result, responseMs: number) => void;

/** Closed loop: `concurrency` customers, each of whom orders again as soon as the previous order is answered. */
export async function closedLoop<Result>(
  send: Send<Result>,
  onDone: OnDone<Result>,
  { concurrency, orders, durationMs, signal, clock }: Limits & { concurrency: number },
): Promise<void> {
  const end = clock.now() + durationMs;
  let next = 0;
  const customer = async (): Promise<void> => {
    while (next < orders && !signal.aborted && clock.now() < end) {
      const index = next++;
      const startedAt = clock.now();
      const result = await send(index);
      onDone(result, clock.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, customer));
}

/**
 * Open loop: orders are sent at a steady rate, whether or not earlier orders have been answered, as customers do.
 *
 * A server that stalls would also stall a generator that waits for it, and the orders that should have been sent in the
 * meantime would never be counted (coordinated omission). Each order is therefore measured from its intended time: when it is
 * sent late, because `maxInFlight` orders were in flight or this process was slow, its response time includes the delay.
 */
export async function openLoop<Result>(
  send: Send<Result>,
  onDone: OnDone<Result>,
  options: Limits & { ratePerSecond: number; maxInFlight: number },
): Promise<void> {
  const { ratePerSecond, maxInFlight, orders, durationMs, signal, clock } = options;
  const start = clock.now();
  const inFlight = new Set<Promise<void>>();
  for (let index = 0; index < orders; index += 1) {
    // An order that was due before the end is sent and counted, however late it is sent.
    if (intendedAfter(index, ratePerSecond) >= durationMs) break;
    const intended = start + intendedAfter(index, ratePerSecond);
    await clock.until(intended, signal);
    while (inFlight.size >= maxInFlight) await Promise.race(inFlight);
    if (signal.aborted) break;
    const sent = send(index).then((result) => {
      inFlight.delete(sent);
      onDone(result, clock.now() - intended);
    });
    inFlight.add(sent);
  }
  await Promise.all(inFlight);
}

/** When order `index` is due, in milliseconds after the start. A product and not a sum, so that it does not drift. */
export const intendedAfter = (index: number, ratePerSecond: number): number => (index * 1000) / ratePerSecond;
