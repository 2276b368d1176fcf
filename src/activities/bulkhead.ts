/** So much at a time of each owner, and no more. */
export interface Bulkhead {
  /** `undefined`: it was not begun, since the owner has as much at work as it may. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T | undefined>;
}

export function createBulkhead(atOnce: number): Bulkhead {
  const working = new Map<string, number>();
  const change = (owner: string, by: number): void => {
    const now = (working.get(owner) ?? 0) + by;
    if (now === 0) working.delete(owner);
    else working.set(owner, now);
  };
  return {
    async run(owner, work) {
      if ((working.get(owner) ?? 0) >= atOnce) return undefined;
      change(owner, 1);
      try {
        return await work();
      } finally {
        change(owner, -1);
      }
    },
  };
}
