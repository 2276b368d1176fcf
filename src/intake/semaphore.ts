export interface Semaphore {
  /** Runs the task as soon as fewer than the maximum number of others run; first come, first served. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export function createSemaphore(maxConcurrent: number): Semaphore {
  const waiting: (() => void)[] = [];
  let free = maxConcurrent;

  return {
    async run(task) {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
