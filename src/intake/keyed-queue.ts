export interface KeyedQueue {
  /** Runs the task when all earlier ones of its lane have ended; tasks of different lanes run side by side. */
  run<T>(lane: string, task: () => Promise<T>): Promise<T>;
}

/** Order within a lane, and nowhere else. */
export function createKeyedQueue(): KeyedQueue {
  const tails = new Map<string, Promise<unknown>>();

  return {
    run(lane, task) {
      const before = tails.get(lane);
      const run = before === undefined ? task() : before.then(task, task);
      tails.set(lane, run);
      const leave = (): void => {
        if (tails.get(lane) === run) tails.delete(lane);
      };
      run.then(leave, leave);
      return run;
    },
  };
}

export interface Slots {
  /** Runs the task as soon as fewer than so many others run; first come, first served. */
  use<T>(task: () => Promise<T>): Promise<T>;
}

export function createSlots(count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;

  return {
    async use(task) {
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
