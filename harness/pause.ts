import { setTimeout as sleep } from 'node:timers/promises';

/** Waits `ms` milliseconds, or until the signal. Never rejects. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** Whether the signal is aborted. A function, because the compiler would narrow the property to the value it had before. */
export const isOver = (signal: AbortSignal): boolean => signal.aborted;
