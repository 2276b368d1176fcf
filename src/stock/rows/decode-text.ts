import { TextDecoder } from 'node:util';
import { Problem } from '../../contracts/errors.ts';

/**
 * Decodes UTF-8 without its byte order mark.
 *
 * @throws {Problem} `body_too_large` after `maxBytes` bytes, `invalid_json` for bytes that are not UTF-8
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = Infinity,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes)
      throw new Problem('body_too_large', `The body is larger than ${maxBytes} bytes. Send fewer rows.`, {
        errors: [{ field: 'body', message: `is larger than ${maxBytes} bytes` }],
      });
    yield decode(decoder, chunk);
  }
  const rest = decode(decoder);
  if (rest !== '') yield rest;
}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new Problem('invalid_json', 'The body is not UTF-8. Send it in UTF-8.', {
      errors: [{ field: 'body', message: 'is not UTF-8' }],
    });
  }
}
