import pg from 'pg';
import type { BatchObserver } from '../../contracts/ports/batch-observer.ts';
import type { SharedTrace, TracePlace } from '../../contracts/ports/tracing.ts';

export interface BatchOptions<T> {
  /** Maximum number of items in one statement, unless a single call has more. */
  readonly maxItems: number;
  /** Milliseconds. A call that cannot begin within this time fails, so that it takes no effect after its caller gave up. */
  readonly maxWaitMs: number;
  /** Items with the same key never share a statement, unless a single call has both. */
  readonly keyOf?: (item: T) => string;
  readonly observer?: BatchObserver | undefined;
  /** Absent: there are no traces. */
  readonly trace?: SharedTrace | undefined;
}

interface Call<T, R> {
  readonly items: readonly T[];
  readonly keys: readonly string[];
  readonly arrivedAt: number;
  readonly place: TracePlace;
  readonly resolve: (results: R[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent callers share one statement. One statement runs at a time: calls that arrive meanwhile wait, and run together, in the
 * order of arrival, when it has ended. While no statement runs, a call runs at once. The items of one call are never split. When a
 * statement fails and one call alone may have caused it, each call is run again by itself.
 *
 * @param run returns one result for each item, in the same order; does all or nothing; safe to run twice, as is the returned function
 */
export function batchCalls<T, R>(
  run: (items: T[]) => Promise<R[]>,
  { maxItems, maxWaitMs, keyOf, observer, trace }: BatchOptions<T>,
): (items: T[]) => Promise<R[]> {
  const waiting: Call<T, R>[] = [];
  let running = false;

  async function runWaiting(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const calls = takeFitting().filter(isInTime);
      observer?.changed(waiting.length, 1);
      await runTogether(calls);
    }
    running = false;
    observer?.changed(0, 0);
  }

  /** Takes the oldest waiting calls, as many as fit into one statement but at least one. */
  function takeFitting(): Call<T, R>[] {
    const taken = new Set<string>();
    let count = 0;
    const firstThatWaits = waiting.findIndex(({ items, keys }, index) => {
      count += items.length;
      const fits = count <= maxItems && !keys.some((key) => taken.has(key));
      for (const key of keys) taken.add(key);
      return index > 0 && !fits;
    });
    return waiting.splice(0, firstThatWaits < 0 ? waiting.length : firstThatWaits);
  }

  function isInTime({ arrivedAt, reject }: Call<T, R>): boolean {
    const inTime = performance.now() - arrivedAt <= maxWaitMs;
    if (!inTime) reject(new BatchTimeout(maxWaitMs));
    return inTime;
  }

  const runFor = (calls: readonly Call<T, R>[], items: T[]): Promise<R[]> =>
    trace
      ? trace.run(
          calls.map(({ place }) => place),
          () => run(items),
        )
      : run(items);

  /** Settles every call and never rejects. */
  async function runTogether(calls: Call<T, R>[]): Promise<void> {
    if (calls.length === 0) return;
    try {
      const items = calls.flatMap((call) => call.items);
      const began = performance.now();
      const results = await runFor(calls, items);
      observer?.done(items.length, performance.now() - began);
      if (results.length !== items.length)
        throw new Error(`The statement returned ${results.length} results for ${items.length} items.`);
      let from = 0;
      for (const call of calls) call.resolve(results.slice(from, (from += call.items.length)));
    } catch (error) {
      if (calls.length > 1 && oneCallMayHaveCaused(error)) await runOneByOne(calls);
      else for (const { reject } of calls) reject(error);
    }
  }

  async function runOneByOne(calls: Call<T, R>[]): Promise<void> {
    for (const [index, call] of calls.entries()) {
      if (!isInTime(call)) continue;
      try {
        call.resolve(await runFor([call], [...call.items]));
      } catch (error) {
        call.reject(error);
        if (oneCallMayHaveCaused(error)) continue;
        for (const { reject } of calls.slice(index + 1)) reject(error);
        return;
      }
    }
  }

  return (items) =>
    new Promise((resolve, reject) => {
      waiting.push({
        items,
        keys: keyOf ? items.map(keyOf) : [],
        arrivedAt: performance.now(),
        place: trace?.place(),
        resolve,
        reject,
      });
      if (!running) void runWaiting();
    });
}

/** SQLSTATE classes of a server that is unavailable, overloaded or broken, or that refuses the login: the next call would fail too. */
const SERVER_FAULT = /^(08|28|3D|53|57|58)/;

const oneCallMayHaveCaused = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code !== undefined && !SERVER_FAULT.test(error.code);

class BatchTimeout extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(waitMs: number) {
    super(`The statement could not begin within ${waitMs} ms. Retry it.`);
    this.name = 'BatchTimeout';
  }
}
