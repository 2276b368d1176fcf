/** Limits how many runs of one key are in progress at a time, so that a slow key does not take the capacity of the others. */
export interface Bulkhead {
  /** Runs `work`, or returns `undefined` at once if as many runs of the key are in progress as allowed. */
  run<T>(key: string, work: () => Promise<T>): Promise<T | undefined>;
}

export function createBulkhead(maxConcurrentPerKey: number): Bulkhead {
  const running = new Map<string, number>();
  const change = (key: string, by: number): void => {
    const count = (running.get(key) ?? 0) + by;
    if (count === 0) running.delete(key);
    else running.set(key, count);
  };
  return {
    async run(key, work) {
      if ((running.get(key) ?? 0) >= maxConcurrentPerKey) return undefined;
      change(key, 1);
      try {
        return await work();
      } finally {
        change(key, -1);
      }
    },
  };
}
