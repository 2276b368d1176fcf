import { setTimeout as delay } from 'node:timers/promises';

/** How tests and the proof wait for something that happens in its own time. All times are in milliseconds. */

const POLL_INTERVAL_MS = 20;

/**
 * Asks until the answer is something other than `undefined` or `false`, and returns it.
 * @throws what `ask` throws; after `timeoutMs` an error that names what did not happen
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (performance.now() > deadline) throw timedOut(what, timeoutMs);
    await delay(POLL_INTERVAL_MS);
  }
}

/**
 * The same while what is asked may be down: an error of `isTrue` counts as no.
 * @throws after `timeoutMs`, with the last error of `isTrue` as the cause
 */
export async function waitThroughFaults(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
  pollIntervalMs = 100,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      if (await isTrue()) return;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > deadline) throw timedOut(what, timeoutMs, lastError);
    await delay(pollIntervalMs);
  }
}

/**
 * Runs a check until it no longer throws, and returns its result.
 * @throws after `timeoutMs` what the check threw last
 */
export async function waitUntilPasses<T>(check: () => T | Promise<T>, timeoutMs = 20_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(POLL_INTERVAL_MS);
    }
  }
}

/** The result of `work`. @throws when `work` takes longer than `timeoutMs`, an error that names what did not happen */
export async function waitAtMost<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  const timeout = new AbortController();
  try {
    return await Promise.race([
      work,
      delay(timeoutMs, undefined, { signal: timeout.signal }).then(() => {
        throw timedOut(what, timeoutMs);
      }),
    ]);
  } finally {
    timeout.abort();
  }
}

const timedOut = (what: string, timeoutMs: number, cause?: unknown): Error =>
  new Error(
    `This did not happen within ${timeoutMs / 1000} s: ${what}`,
    cause === undefined ? {} : { cause },
  );
