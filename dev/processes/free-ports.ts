import { createSocket, type Socket } from 'node:dgram';
import { portInUse } from '../../src/platform/port-in-use.ts';
import { bindError } from './listening.ts';
import { PortInUseError } from './port-in-use-error.ts';

/**
 * The ports to choose from are below those that the system gives to connections (32768 and up on Linux): a connection never takes
 * one while a server restarts, and a client that tries to reach a server that is down never connects to itself.
 */
const FIRST = 20_000;
const COUNT = 12_000;
/** Between the first choices of two processes that were started one after the other. */
const DISTANCE = 97;
const MAX_ATTEMPTS = 20;

let next = (process.pid * DISTANCE) % COUNT;

/**
 * Starts a server that cannot choose its ports itself, on ports that no process uses. When the server says that one of them is taken,
 * it is started again on others. For a server that can, bind port 0 instead.
 *
 * The ports are kept for this process until it ends, so that the server can be stopped and started again on them: no other process
 * that uses this function is given one of them.
 *
 * @param names one for each port
 * @param start has to reject with an error that {@link portInUse} understands, or a {@link PortInUseError}, if a port is taken, and then
 *   has to leave nothing running. A server that listens is known by `listensOn`.
 * @throws what `start` throws, when it has another reason or is about a port that was not chosen here
 */
export async function startOnFreePorts<Name extends string, T>(
  names: readonly Name[],
  start: (ports: Readonly<Record<Name, number>>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const reserved: ReservedPort[] = [];
    while (reserved.length < names.length) reserved.push(await reservePort());
    const ports = Object.fromEntries(names.map((name, index) => [name, reserved[index]?.port])) as Record<
      Name,
      number
    >;
    try {
      return await start(ports);
    } catch (error) {
      for (const each of reserved) each.release();
      if (attempt === MAX_ATTEMPTS || !isAboutOneOf(reserved, error)) throw error;
    }
  }
}

function isAboutOneOf(reserved: readonly ReservedPort[], error: unknown): boolean {
  if (error instanceof PortInUseError && error.port === undefined) return true;
  const taken = portInUse(error);
  return reserved.some(({ port }) => port === taken);
}

interface ReservedPort {
  readonly port: number;
  release(): void;
}

async function reservePort(): Promise<ReservedPort> {
  for (let tried = 0; tried < COUNT; tried += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if ((await bindError(port, '127.0.0.1')) !== undefined) continue;
    const mark = await tryBindUdp(port);
    if (mark !== undefined) return { port, release: () => mark.close() };
  }
  throw new Error(`No port from ${FIRST} to ${FIRST + COUNT - 1} is free.`);
}

/**
 * UDP has ports of its own, which no server here uses. The system gives the UDP port of the same number to one process only, and takes
 * it back when that process ends, however it ends.
 */
function tryBindUdp(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      socket.unref();
      resolve(socket);
    });
  });
}
