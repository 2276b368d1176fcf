import { invalidRequest } from '../../validation/schema-check.ts';

/** An opaque position in a list. Clients must not read it: the meaning of its parts may change. */
export const encodeCursor = (...parts: string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/**
 * Returns the parts of a cursor that {@link encodeCursor} made. Each part must match its pattern, and one that looks like a time must
 * be one: PostgreSQL refuses the month 13 and the year 0, and the request would be answered 500.
 *
 * @throws {Problem} `invalid_request` naming `cursor`
 */
export function decodeCursor(cursor: string, patterns: readonly RegExp[]): string[] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  const texts = Array.isArray(parts) ? parts.filter((part) => typeof part === 'string') : [];
  const isValid =
    texts.length === patterns.length &&
    patterns.every((pattern, index) => pattern.test(texts[index] ?? '')) &&
    texts.every((text) => !LOOKS_LIKE_TIME.test(text) || isTime(text));
  if (!isValid)
    throw invalidRequest([{ field: 'cursor', message: 'must be a nextCursor that this list has returned' }]);
  return texts;
}

const LOOKS_LIKE_TIME = /^\d{4}-\d\d-\d\dT/;

/** JavaScript reads the 30th of February as a day in March, so that the time is compared with what it was read as. */
function isTime(text: string): boolean {
  const time = new Date(text);
  return time.getTime() >= 0 && time.toISOString().slice(0, 19) === text.slice(0, 19);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
