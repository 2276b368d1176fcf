/** Seconds. Many proxies time out soon after. */
const MAX_WAIT = 60;

/** One preference of RFC 7240: `token`, `token=word` or `token="text"`, with parameters, which are ignored. */
const PREFERENCE =
  /([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*((?:;(?:[^,"]|"(?:[^"\\]|\\.)*")*)?)(?:,|$)/gsu;

/**
 * The seconds of `Prefer: wait=N`, at most 60; 0 if the header has no wait. A preference that cannot be read is ignored, as
 * RFC 7240 asks. The first of several waits counts.
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
