import { Problem, type FieldError } from '../contracts/errors.ts';

/** The headers of a request or a message that say how to read its body. */
export interface BodyHeaders {
  'content-type'?: string | undefined;
  'content-encoding'?: string | undefined;
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/gi;
const UTF_8: ReadonlySet<string> = new Set(['utf-8', 'utf8']);

/**
 * Refuses a body whose headers say that its bytes are not plain UTF-8. Read as UTF-8, it would be stored with other characters than its
 * sender meant, and two different bodies could count as the same.
 *
 * @throws {Problem} `unsupported_media_type` naming the header
 */
export function requireUtf8Headers(headers: BodyHeaders): void {
  const { 'content-type': type = '', 'content-encoding': encoding = '' } = headers;
  if ([...type.matchAll(CHARSET)].some(([, name = '']) => !UTF_8.has(name.toLowerCase())))
    throw refusal('Send the body in UTF-8.', {
      field: 'Content-Type',
      message: 'must have the charset utf-8, or none',
    });
  if (encoding !== '' && encoding.toLowerCase() !== 'identity')
    throw refusal('Send the body without a Content-Encoding, not compressed.', {
      field: 'Content-Encoding',
      message: 'is not supported',
    });
}

const refusal = (detail: string, error: FieldError): Problem =>
  new Problem('unsupported_media_type', detail, { errors: [error] });
