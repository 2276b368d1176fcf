import { setTimeout as delay } from 'node:timers/promises';

/** Sends at a steady rate, whatever becomes of earlier sends; returns when each has its answer. */
export async function sendEvery(
  everyMs: number,
  forMs: number,
  send: (n: number) => Promise<unknown>,
): Promise<{ sent: number; slowestMs: number }> {
  const sending: Promise<number>[] = [];
  const begin = performance.now();
  for (let n = 0; performance.now() - begin < forMs; n += 1) {
    const sentAt = performance.now();
    const answered = send(n).then(() => performance.now() - sentAt);
    answered.catch(() => undefined); // awaited below
    sending.push(answered);
    await delay(Math.max(0, begin + (n + 1) * everyMs - performance.now()));
  }
  const times = await Promise.all(sending);
  return { sent: times.length, slowestMs: Math.max(0, ...times) };
}

/** For a sentence: `340 ms` or `12.5 s`. */
export const seconds = (ms: number): string =>
  ms < 1_000 ? `${Math.ceil(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
