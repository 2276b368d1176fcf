/** For routes whose body has optional members only. */
export function bodyMayBeAbsent(request: { body: unknown }, _reply: unknown, done: () => void): void {
  request.body ??= {};
  done();
}
