import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { PortInUseError } from './port-in-use-error.ts';
import { isAlive } from './process-table.ts';

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

/** Whether this process listens on the TCP port, at whatever address. A server that answers on the port may be another one. */
export function listensOn(pid: number, port: number): boolean {
  return process.platform === 'linux' ? hasSocket(pid, listeningSockets(port)) : lsofFinds(pid, port);
}

const POLL_INTERVAL_MS = 25;

/**
 * Resolves when the process listens on the port.
 *
 * @throws {PortInUseError} if another process listens there and this one does not
 * @throws {Error} if the process ends, or does not listen within `timeoutMs`
 */
export async function waitUntilListening(pid: number, port: number, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!listensOn(pid, port)) {
    // Asked in this order, because the process may begin to listen between the two questions.
    if ((await isListening(port)) && !listensOn(pid, port))
      throw new PortInUseError(`Port ${port} is used by another process.`, port);
    if (!isAlive(pid)) throw new Error(`The process ${pid} has ended and did not listen on port ${port}.`);
    if (Date.now() > deadline)
      throw new Error(`The process ${pid} does not listen on port ${port} after ${timeoutMs / 1000} s.`);
    await delay(POLL_INTERVAL_MS);
  }
}

/** The inode numbers of the sockets that listen on the port: proc_pid_net(5). */
function listeningSockets(port: number): Set<string> {
  const LISTEN = '0A';
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of linesOf(table)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && local?.endsWith(hexPort) && inode !== undefined) inodes.add(inode);
    }
  return inodes;
}

function hasSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  if (inodes.size === 0) return false;
  return filesOf(pid).some((file) => inodes.has(/^socket:\[(\d+)\]$/.exec(file)?.[1] ?? ''));
}

function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => readLink(`${folder}/${name}`));
  } catch {
    return []; // the process has ended, or belongs to another user
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // the file has been closed meanwhile
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch {
    return []; // a system without IPv6 has no tcp6
  }
}

function lsofFinds(pid: number, port: number): boolean {
  try {
    const args = ['-nP', '-a', '-p', String(pid), `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
    return (
      execFileSync('lsof', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() !== ''
    );
  } catch {
    return false; // lsof ends with 1 if it finds nothing
  }
}
