import { performance } from 'node:perf_hooks';
import { pause } from '../pause.ts';

/** A monotonic clock in milliseconds. Tests replace it. */
export interface Clock {
  now(): number;
  /** Waits until `time`, or until the signal. */
  until(time: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  async until(time, signal) {
    // A timer may fire up to a millisecond early: an order that is sent before its time would have a negative response time.
    while (performance.now() < time && !signal.aborted)
      await pause(Math.ceil(time - performance.now()), signal);
  },
};
