/** An id in a list: the prefix with its first 4 characters, and the last 4. Short ids stay whole. */
export function shortId(id: string): string {
  const prefix = /^[a-z]+_/.exec(id)?.[0] ?? '';
  return id.length <= prefix.length + 10 ? id : `${id.slice(0, prefix.length + 4)}…${id.slice(-4)}`;
}

/** A new idempotency key: 32 hexadecimal digits. Not `crypto.randomUUID`, which pages without TLS do not have. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
