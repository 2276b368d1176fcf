/** The members of a body or a query. */
export function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Answered as 400. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 400 });
}

/** Absent and empty are the same. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A whole number, 0 or more. Throws a 400 that names it. */
export function count(value: unknown, fallback: number, name: string): number {
  if (value === undefined || value === '') return fallback;
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw refusal(`${name} takes a whole number, 0 or more`);
}
