import type { Clock } from '../../../harness/load/clock.ts';

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that jumps to the next timer as soon as nothing else can happen. */
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

  /** Runs `work` to its end, however long it takes by this clock. */
  async run(work: Promise<void>): Promise<void> {
    const state = { over: false };
    const end = work.finally(() => {
      state.over = true;
    });
    while (!state.over) {
      await new Promise(setImmediate); // all promises that can go on have done so
      this.#timers.sort((a, b) => a.at - b.at);
      const next = this.#timers.shift();
      if (next === undefined) continue;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    await end;
  }
}
