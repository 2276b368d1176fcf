const LINE_EVERY_MS = 5_000;

/** A line now and then: how far a part is, and how long it will still take at this pace. */
export function showProgress(part: string): (done: number, total: number, note?: string) => void {
  const began = performance.now();
  let next = began + LINE_EVERY_MS;
  return (done, total, note = '') => {
    const now = performance.now();
    if (done < total && now < next) return;
    next = now + LINE_EVERY_MS;
    const seconds = (now - began) / 1000;
    const left = done === 0 ? '?' : minutes((seconds / done) * (total - done));
    console.log(`${part.padEnd(8)} ${done} of ${total} in ${minutes(seconds)}, ${left} to go   ${note}`);
  };
}

export const minutes = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
