const LINE_INTERVAL_MS = 5_000;

/** Prints a line from time to time: how far a part is, and how long it will still take at this rate. */
export function showProgress(part: string): (done: number, total: number, note?: string) => void {
  const began = performance.now();
  let next = began + LINE_INTERVAL_MS;
  return (done, total, note = '') => {
    const now = performance.now();
    if (done < total && now < next) return;
    next = now + LINE_INTERVAL_MS;
    const seconds = (now - began) / 1000;
    const remaining = done === 0 ? '?' : minutes((seconds / done) * (total - done));
    console.log(
      `${part.padEnd(11)} ${done} of ${total} in ${minutes(seconds)}, ${remaining} to go   ${note}`,
    );
  };
}

export const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
