export interface KeyedQueue {
  /** Runs the task when all earlier tasks that share one of its keys have ended, whether they succeeded or failed. */
  run<T>(keys: readonly string[], task: () => Promise<T>): Promise<T>;
}

/** Runs tasks that share a key one after the other, and other tasks concurrently. */
export function createKeyedQueue(): KeyedQueue {
  const lastTasks = new Map<string, Promise<unknown>>();

  return {
    run(keys, task) {
      const previous = keys.flatMap((key) => lastTasks.get(key) ?? []);
      const result = previous.length === 0 ? task() : Promise.allSettled(previous).then(task);
      for (const key of keys) lastTasks.set(key, result);
      const removeIfLast = (): void => {
        for (const key of keys) if (lastTasks.get(key) === result) lastTasks.delete(key);
      };
      result.then(removeIfLast, removeIfLast);
      return result;
    },
  };
}
