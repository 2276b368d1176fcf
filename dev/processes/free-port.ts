import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** What this process was given: several ports are asked for before the first is listened on, and must not be one. */
const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nobody listens on now, never the same one twice in a process. Nothing keeps it free afterwards, but it is from below the range out of which
 * systems take ports for those that do not care (32768 and up), so hardly anybody takes it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

/** Whether we could listen there ourselves. */
export async function isFree(port: number): Promise<boolean> {
  return (await bindError(port, '127.0.0.1')) === undefined;
}

/** The system's code for why we could not listen there (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` …), or undefined. */
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

/** Whether somebody accepts connections there. */
export function listens(port: number, host = '127.0.0.1'): Promise<boolean> {
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
