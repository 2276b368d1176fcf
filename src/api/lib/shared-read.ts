/**
 * Shares the result of a read for `freshMs` milliseconds, and lets one read be in progress at most: everyone who asks meanwhile gets its
 * result. A failure is not kept.
 */
export function sharedRead<T>(read: () => Promise<T>, freshMs: number): () => Promise<T> {
  let last: { readonly result: Promise<T>; until: number } | undefined;
  return () => {
    if (last && performance.now() < last.until) return last.result;
    const current = { result: read(), until: Infinity };
    last = current;
    current.result.then(
      () => {
        current.until = performance.now() + freshMs;
      },
      () => {
        current.until = -Infinity;
      },
    );
    return current.result;
  };
}
