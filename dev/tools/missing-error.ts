/** A program that is not part of this project, and that this one needs, is missing on this machine. The message is one line. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
  /** What is needed and how to get it, without a verb: `Redis: apt-get install redis-server`. */
  readonly needs: string;

  constructor(needs: string, message = `needs ${needs}`, options?: ErrorOptions) {
    super(message, options);
    this.needs = needs;
  }
}
