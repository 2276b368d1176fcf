/** Seconds; proxies give up on an answer not much later. */
const MAX_WAIT = 60;

/** One preference of RFC 7240: `token`, `token=word` or `token="text"`, and parameters, which ours has none of. */
const PREFERENCE =
  /([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*((?:;(?:[^,"]|"(?:[^"\\]|\\.)*")*)?)(?:,|$)/gsu;

/**
 * Seconds of `Prefer: wait=N`, at most 60; 0 if the header asks for no wait, or in a way that cannot be understood, which the
 * standard has us ignore. Of two waits the first counts.
 */
export function preferredWait(header: string | string[] | undefined): number {
  const text = Array.isArray(header) ? header.join(',') : header;
  if (text === undefined) return 0;
  for (const [, name = '', quoted, bare] of text.matchAll(PREFERENCE)) {
    if (name.toLowerCase() !== 'wait') continue;
    const value = quoted ?? bare ?? '';
    return /^\d{1,9}$/.test(value) ? Math.min(Number(value), MAX_WAIT) : 0;
  }
  return 0;
}
