import { setTimeout as delay } from 'node:timers/promises';

/** Asks again and again until the check no longer throws; after the deadline it throws what the check last threw. */
export async function eventually<T>(check: () => T | Promise<T>, deadlineMs = 20_000): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}
