/** Work that nobody waits for, until the process ends. */
export interface BackgroundWork {
  add(work: Promise<void>): void;
  /** Resolves when all work is done, or after this many milliseconds. */
  done(withinMs: number): Promise<void>;
}

export function createBackgroundWork(): BackgroundWork {
  const running = new Set<Promise<void>>();
  return {
    add(work) {
      const tracked = work.catch(() => undefined).finally(() => running.delete(tracked));
      running.add(tracked);
    },
    async done(withinMs) {
      const limit = AbortSignal.timeout(withinMs);
      const over = new Promise<void>((resolve) => {
        limit.addEventListener('abort', () => {
          resolve();
        });
      });
      while (running.size > 0 && !limit.aborted) await Promise.race([Promise.all(running), over]);
    },
  };
}
