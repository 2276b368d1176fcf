import { createHash } from 'node:crypto';
import { Problem } from '../contracts/errors.ts';

/**
 * SHA-256 of a validated body, hexadecimal. Bodies that differ only in the order of their keys and in white space have the
 * same hash. It is stored with the order, so that its form can never change.
 */
export const requestHash = (body: unknown): string =>
  createHash('sha256').update(canonicalJson(body)).digest('hex');

/**
 * Compares the hash of the first request under an idempotency key with that of a repeat.
 *
 * @throws {Problem} `idempotency_key_reused`
 */
export function requireSameBody(stored: string, given: string): void {
  if (stored === given) return;
  throw new Problem(
    'idempotency_key_reused',
    'Use a new key for a new request, or send the same body as before.',
    {
      errors: [{ field: 'Idempotency-Key', message: 'was used with another body' }],
    },
  );
}

/** JSON with sorted keys and without white space. Members whose value is `undefined` are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
