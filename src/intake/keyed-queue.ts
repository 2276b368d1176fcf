export interface KeyedQueue {
  /** Runs the task when all earlier tasks of the same key have ended, whether they succeeded or failed. */
  run<T>(key: string, task: () => Promise<T>): Promise<T>;
}

/** Runs tasks of one key one after the other, and tasks of different keys concurrently. */
export function createKeyedQueue(): KeyedQueue {
  const lastTasks = new Map<string, Promise<unknown>>();

  return {
    run(key, task) {
      const previous = lastTasks.get(key);
      const result = previous === undefined ? task() : previous.then(task, task);
      lastTasks.set(key, result);
      const removeIfLast = (): void => {
        if (lastTasks.get(key) === result) lastTasks.delete(key);
      };
      result.then(removeIfLast, removeIfLast);
      return result;
    },
  };
}
