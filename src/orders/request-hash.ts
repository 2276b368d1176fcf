import { createHash } from 'node:crypto';
import { Problem } from '../contracts/errors.ts';

/**
 * SHA-256 of a validated body, hexadecimal: equal for bodies that mean the same, whatever the order of their keys and
 * the blanks between them. It is kept with the order, so its form can never change.
 */
export const requestHash = (body: unknown): string =>
  createHash('sha256').update(canonicalJson(body)).digest('hex');

/** @throws {Problem} `idempotency_key_reused` */
export function requireSameBody(known: string, given: string): void {
  if (known === given) return;
  throw new Problem(
    'idempotency_key_reused',
    'Use a new key for a new request, or send the same body again.',
    {
      errors: [{ field: 'Idempotency-Key', message: 'was used with another body' }],
    },
  );
}

/** JSON with sorted keys and without blanks; what JSON cannot say (`undefined`) is left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
