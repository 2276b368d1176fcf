import { invalidRequest } from '../../validation/schema-check.ts';

/** An opaque position in a list. Clients must not read it: the meaning of its parts may change. */
export const encodeCursor = (...parts: string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/**
 * Returns the parts of a cursor that {@link encodeCursor} made. Each part must match its pattern.
 *
 * @throws {Problem} `invalid_request` naming `cursor`
 */
export function decodeCursor(cursor: string, patterns: readonly RegExp[]): string[] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  const texts = Array.isArray(parts) ? parts.filter((part) => typeof part === 'string') : [];
  const isValid =
    texts.length === patterns.length && patterns.every((pattern, index) => pattern.test(texts[index] ?? ''));
  if (!isValid)
    throw invalidRequest([{ field: 'cursor', message: 'must be a nextCursor that this list has returned' }]);
  return texts;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
