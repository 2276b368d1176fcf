import { Problem } from '../contracts/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Returns the text of a body. Bytes that are not UTF-8 are never replaced by other characters: the text would not be what was sent.
 *
 * @throws {Problem} `invalid_json`
 */
export function utf8Text(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw new Problem('invalid_json', 'The body is not UTF-8. Send JSON in UTF-8.', {
      errors: [{ field: 'body', message: 'is not UTF-8' }],
    });
  }
}
