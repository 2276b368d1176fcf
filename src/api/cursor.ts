import { invalidRequest } from '../validation/schema-check.ts';

/** An opaque place in a list: what its parts mean is ours to change, so nobody should read it. */
export const encodeCursor = (...parts: string[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

/**
 * The parts of a cursor that {@link encodeCursor} made, each of which must match its pattern.
 *
 * @throws {Problem} `invalid_request` naming `cursor`
 */
export function decodeCursor(cursor: string, patterns: readonly RegExp[]): string[] {
  const parts = parse(Buffer.from(cursor, 'base64url').toString());
  const texts = Array.isArray(parts) ? parts.filter((part) => typeof part === 'string') : [];
  const isOurs =
    texts.length === patterns.length && patterns.every((pattern, index) => pattern.test(texts[index] ?? ''));
  if (!isOurs) throw invalidRequest([{ field: 'cursor', message: 'must be a nextCursor of this list' }]);
  return texts;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
