import pg from 'pg';

export interface BatchOptions<T> {
  /** Items in one statement at most, unless a single call brings more. */
  readonly maxItems: number;
  /** A call that cannot begin within this time fails, so that it does not come true after its caller gave up; milliseconds. */
  readonly maxWaitMs: number;
  /** Items of the same key never share a statement, unless a single call brings both. */
  readonly keyOf?: (item: T) => string;
}

interface Call<T, R> {
  readonly items: readonly T[];
  readonly keys: readonly string[];
  readonly arrivedAt: number;
  readonly resolve: (answers: R[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent callers share one statement. One is under way at a time: what arrives meanwhile waits, and goes
 * together, in the order of arrival, when it has ended. With none under way a call goes at once. Its items stay together. A failure
 * that may be the fault of one call is not the others': each is then run by itself.
 *
 * @param run answers one for each item, in their order; does all or nothing; safe to run twice, as is what is returned
 */
export function gather<T, R>(
  run: (items: T[]) => Promise<R[]>,
  { maxItems, maxWaitMs, keyOf }: BatchOptions<T>,
): (items: T[]) => Promise<R[]> {
  const waiting: Call<T, R>[] = [];
  let running = false;

  async function runWaiting(): Promise<void> {
    running = true;
    while (waiting.length > 0) await runTogether(takeFitting().filter(isInTime));
    running = false;
  }

  /** From the head of the line, as many as fit into one statement: at least one. */
  function takeFitting(): Call<T, R>[] {
    const taken = new Set<string>();
    let count = 0;
    const firstToStay = waiting.findIndex(({ items, keys }, index) => {
      count += items.length;
      const fits = count <= maxItems && !keys.some((key) => taken.has(key));
      for (const key of keys) taken.add(key);
      return index > 0 && !fits;
    });
    return waiting.splice(0, firstToStay < 0 ? waiting.length : firstToStay);
  }

  function isInTime({ arrivedAt, reject }: Call<T, R>): boolean {
    const inTime = performance.now() - arrivedAt <= maxWaitMs;
    if (!inTime) reject(new BatchTimeout(maxWaitMs));
    return inTime;
  }

  /** Settles every call and never rejects. */
  async function runTogether(calls: Call<T, R>[]): Promise<void> {
    if (calls.length === 0) return;
    try {
      const items = calls.flatMap((call) => call.items);
      const answers = await run(items);
      if (answers.length !== items.length)
        throw new Error(`${answers.length} answers for ${items.length} items`);
      let from = 0;
      for (const call of calls) call.resolve(answers.slice(from, (from += call.items.length)));
    } catch (error) {
      if (calls.length > 1 && mayBeOfOne(error)) await runOneByOne(calls);
      else for (const { reject } of calls) reject(error);
    }
  }

  async function runOneByOne(calls: Call<T, R>[]): Promise<void> {
    for (const [index, call] of calls.entries()) {
      if (!isInTime(call)) continue;
      try {
        call.resolve(await run([...call.items]));
      } catch (error) {
        call.reject(error);
        if (mayBeOfOne(error)) continue;
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
        resolve,
        reject,
      });
      if (!running) void runWaiting();
    });
}

/** SQLSTATE classes of a server that is away, busy or broken, or lets nobody in: the next call would meet the same. */
const OF_THE_SERVER = /^(08|28|3D|53|57|58)/;

const mayBeOfOne = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && error.code !== undefined && !OF_THE_SERVER.test(error.code);

class BatchTimeout extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(waitMs: number) {
    super(`could not begin within ${waitMs} ms`);
    this.name = 'BatchTimeout';
  }
}
