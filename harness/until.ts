import { setTimeout as delay } from 'node:timers/promises';

/** @throws naming what did not happen in time */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work,
      delay(ms, undefined, { signal: late.signal }).then(() => {
        throw new Error(`not within ${ms / 1000} s: ${what}`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

const POLL_MS = 100;
const DEADLINE_MS = 60_000;

/** Asks again and again; a question that fails was answered with no. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  deadlineMs = DEADLINE_MS,
  pollMs = POLL_MS,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      if (await isTrue()) return;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`not within ${deadlineMs / 1000} s: ${what}`, { cause: last });
    await delay(pollMs);
  }
}
