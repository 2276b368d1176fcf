/** A server cannot listen because another process listens on the port. The message is one line. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  /** The code of Node's own error for this. */
  readonly code = 'EADDRINUSE';
  /** Undefined: the server has chosen the port itself, so that another attempt may succeed. */
  readonly port: number | undefined;

  constructor(message: string, port: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.port = port;
  }
}
