/** A `preValidation` hook for routes whose body has optional fields only: no body is an empty one. */
export function bodyMayBeAbsent(request: { body: unknown }, _reply: unknown, done: () => void): void {
  request.body ??= {};
  done();
}
