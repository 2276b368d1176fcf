/** The system cannot start for a reason that the user can fix. The message is one line that says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
