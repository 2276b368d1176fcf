/** Returns the members of a body or a query; none if it is not an object. */
export function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Creates an error that is answered with status 400. */
export function badRequest(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 400 });
}

/** Returns a text, or undefined if the value is absent or empty. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * Returns a whole number, 0 or more, or the fallback if the value is absent or empty.
 *
 * @throws an error with status 400 that names the member
 */
export function count(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw badRequest(`${name} must be a whole number, 0 or more`);
}
