import type { Clock } from './clock.ts';

/** When to stop: after so many, at a time, or at the signal; what is under way is always waited for. */
export interface Limits {
  readonly orders: number;
  /** Milliseconds from the start; Infinity for no limit. */
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Sends order number `index`; never rejects. */
export type Send<Result> = (index: number) => Promise<Result>;

/** `responseMs`: how long it took, from when it was sent or, in an open loop, from when it should have been. */
export type OnDone<Result> = (result: Result, responseMs: number) => void;

/** Closed loop: `concurrency` customers, each of whom orders again as soon as the answer is there. */
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
 * Open loop: orders come at a steady rate, whether or not earlier ones have been answered, as they do in a shop.
 *
 * A server that stalls would also stall a generator that waits for it, and the orders that should have been sent
 * meanwhile would never be counted (coordinated omission). So each is measured from its intended time: one that is
 * sent late, because `maxInFlight` were under way or this process was slow, carries the delay in its response time.
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
    // What was due in time is sent and counted, however late it comes to be sent.
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

/** Milliseconds after the start at which order `index` is due. A product, not a sum, so that it does not drift. */
export const intendedAfter = (index: number, ratePerSecond: number): number => (index * 1000) / ratePerSecond;
