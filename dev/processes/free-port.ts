import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** The ports that were returned: a caller may ask for several ports before it listens on the first one. */
const returned = new Set<number>();

/**
 * Returns a port of 127.0.0.1 that no process listens on now, a different one at each call. The port is not reserved. It is below
 * the range of ephemeral ports (32768 and up), so another process is unlikely to take it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (returned.has(port)) continue;
    returned.add(port);
    if (await isFree(port)) return port;
  }
}

/** Whether this process could listen on the port of 127.0.0.1. */
async function isFree(port: number): Promise<boolean> {
  return (await bindError(port, '127.0.0.1')) === undefined;
}

/** Tries to listen; returns the system's error code (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` …), or undefined on success. */
export function bindError(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      resolve('code' in error ? String(error.code) : error.message);
    });
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}

/** Whether a process accepts connections on the port. */
export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
