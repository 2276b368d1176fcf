/**
 * Returns the port that a server cannot listen on because another process does, or undefined for an error with another reason. Node's
 * error has the port, ZeroMQ's the address.
 */
export function portInUse(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') return undefined;
  if ('port' in error && typeof error.port === 'number') return error.port;
  const port = 'address' in error ? /:(\d+)$/.exec(String(error.address))?.[1] : undefined;
  return port === undefined ? undefined : Number(port);
}

/** The IPC message of a process that cannot start because of {@link portInUse}. */
export interface PortInUseMessage {
  readonly type: 'port-in-use';
  readonly port: number;
}

/** Sends the port to the parent process, which knows the setting to change. Returns false where no parent listens. */
export function reportPortInUse(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const message: PortInUseMessage = { type: 'port-in-use', port };
    if (process.send === undefined) resolve(false);
    else
      process.send(message, (error: Error | null) => {
        resolve(error === null);
      });
  });
}

export function isPortInUseMessage(message: unknown): message is PortInUseMessage {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'port-in-use' &&
    'port' in message &&
    typeof message.port === 'number'
  );
}
