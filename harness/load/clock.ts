import { performance } from 'node:perf_hooks';
import { pause } from '../pause.ts';

/** Time that only goes forward, in milliseconds; a test gives its own. */
export interface Clock {
  now(): number;
  /** Resolves at `time`, or at the signal; at once where it has passed. */
  until(time: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  async until(time, signal) {
    // A timer may fire up to a millisecond early: what was sent before its time would have a negative response time.
    while (performance.now() < time && !signal.aborted)
      await pause(Math.ceil(time - performance.now()), signal);
  },
};
