import type { Clock } from '../../../harness/load/clock.ts';

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock whose time jumps to the next timer as soon as no promise is left to run. */
export class VirtualClock implements Clock {
  #now = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  until(time: number): Promise<void> {
    return new Promise((wake) => {
      this.#timers.push({ at: time, wake });
    });
  }

  /** Runs `work` to its end, in no real time. */
  async run(work: Promise<void>): Promise<void> {
    const state = { isDone: false };
    const end = work.finally(() => {
      state.isDone = true;
    });
    while (!state.isDone) {
      await new Promise(setImmediate); // every promise that is resolved has run its callbacks
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers.shift();
      if (next === undefined) continue;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    await end;
  }
}
