/**
 * A `preValidation` hook for routes whose body has optional fields only: no body is an empty one. The JSON `null` is a body, and is
 * refused: a client that sends it has lost what it meant to send, for example the amount of a refund.
 */
export function bodyMayBeAbsent(request: { body: unknown }, _reply: unknown, done: () => void): void {
  if (request.body === undefined) request.body = {};
  done();
}
