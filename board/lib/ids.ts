/** An id in a list: its first 8 characters and its last 4. Short ids stay whole. */
export const shortId = (id: string): string => (id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`);

/** A new idempotency key: 32 hexadecimal digits. Not `crypto.randomUUID`, which pages without TLS do not have. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
