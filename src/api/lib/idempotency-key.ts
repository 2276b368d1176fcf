import type { FastifyRequest } from 'fastify';
import { Problem, type ProblemCode } from '../../contracts/errors.ts';

const PRINTABLE = /^[\x20-\x7e]{1,255}$/;
/** A quoted string of RFC 8941: printable ASCII in quotes, in which quotes and backslashes are escaped. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;

/**
 * Reads the `Idempotency-Key` of a request. The draft standard has it as a quoted string, and most clients send it without
 * quotes; both are the same key.
 *
 * @throws {Problem} `idempotency_key_required` or `idempotency_key_invalid`
 */
export function idempotencyKeyOf({ headers, raw }: FastifyRequest): string {
  const header = headers['idempotency-key'];
  if (header === undefined) throw refusal('idempotency_key_required', 'is required');
  if (typeof header !== 'string' || isSentTwice(header, raw.rawHeaders)) {
    throw refusal('idempotency_key_invalid', 'must be sent once');
  }
  const key = header.startsWith('"') ? unquote(header) : header;
  if (key === undefined || !PRINTABLE.test(key)) {
    throw refusal(
      'idempotency_key_invalid',
      'must be 1 to 255 printable ASCII characters, with or without quotes',
    );
  }
  return key;
}

function unquote(header: string): string | undefined {
  const [, inner] = QUOTED.exec(header) ?? [];
  return inner?.replaceAll(/\\(["\\])/g, '$1');
}

/** Node joins the values of a header that is sent twice with a comma, which a single key may contain too. */
function isSentTwice(header: string, rawHeaders: string[]): boolean {
  if (!header.includes(',')) return false;
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  return names.filter((name) => name.toLowerCase() === 'idempotency-key').length > 1;
}

const refusal = (code: ProblemCode, message: string): Problem =>
  new Problem(code, `Idempotency-Key ${message}.`, { errors: [{ field: 'Idempotency-Key', message }] });
