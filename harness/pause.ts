import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms` milliseconds, or until the signal; resolves either way. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Whether the signal has come; asked anew each time, unlike the property, which the compiler takes for constant. */
export const isOver = (signal: AbortSignal): boolean => signal.aborted;
