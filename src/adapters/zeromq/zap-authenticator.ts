import { timingSafeEqual } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Router } from 'zeromq';
import type { Endpoint } from './endpoint.ts';

export interface ZapAuthenticator {
  close(): void;
}

/** ZeroMQ sends a request to this address for each new connection. There is one such address in a process. */
const ZAP_ADDRESS = 'inproc://zeromq.zap.01';
const ZAP_VERSION = '1.0';

/** The endpoints whose clients are authenticated, by their ZAP domain, which is the endpoint's address. */
const endpoints = new Map<string, Endpoint>();
let server: Server | undefined;

/** Milliseconds between two attempts to listen on the address that an earlier server has not given back yet. */
const BIND_POLL_INTERVAL_MS = 2;
const BIND_TIMEOUT_MS = 5_000;

interface Server {
  readonly socket: Router;
  readonly bound: Promise<void>;
}

/**
 * Authenticates the clients of an endpoint by ZAP, the ZeroMQ authentication protocol. Must be open before the endpoint's socket listens,
 * and stay open as long as that does.
 * @see https://rfc.zeromq.org/spec/27/
 */
export async function openZapAuthenticator(endpoint: Endpoint, logger: Logger): Promise<ZapAuthenticator> {
  endpoints.set(endpoint.address, endpoint);
  server ??= startServer(logger);
  try {
    await server.bound;
  } catch (error) {
    endpoints.delete(endpoint.address);
    throw error;
  }
  return {
    close() {
      endpoints.delete(endpoint.address);
      if (endpoints.size === 0) stopServer();
    },
  };
}

function startServer(logger: Logger): Server {
  const socket = new Router();
  const starting = { socket, bound: bindWhenFree(socket) };
  starting.bound.then(
    () => {
      serve(socket).catch((error: unknown) => {
        logger.error({ cause: String(error) }, 'ZeroMQ authenticator failed and refuses every new client');
      });
    },
    () => {
      // The next endpoint tries again.
      if (server === starting) server = undefined;
      socket.close();
    },
  );
  return starting;
}

/** The address is not unbound first: libzmq 4.3.5 aborts the process if clients of an `inproc` address connect or end meanwhile. */
function stopServer(): void {
  server?.socket.close();
  server = undefined;
}

/** A closed socket gives its address back some time later. */
async function bindWhenFree(socket: Router): Promise<void> {
  const deadline = performance.now() + BIND_TIMEOUT_MS;
  for (;;) {
    try {
      await socket.bind(ZAP_ADDRESS);
      return;
    } catch (error) {
      const isInUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isInUse || performance.now() > deadline) throw error;
      await delay(BIND_POLL_INTERVAL_MS);
    }
  }
}

async function serve(socket: Router): Promise<void> {
  for await (const [
    from = '',
    delimiter = '',
    ,
    requestId = '',
    domain,
    ,
    ,
    mechanism,
    ...credentials
  ] of socket) {
    const endpoint = endpoints.get(String(domain));
    const isKnown = endpoint !== undefined && hasCredentials(endpoint, String(mechanism), credentials);
    const [code, text] = isKnown ? ['200', 'OK'] : ['400', 'Unknown credentials'];
    await socket.send([from, delimiter, ZAP_VERSION, requestId, code, text, '', '']);
  }
}

function hasCredentials({ plain, curve }: Endpoint, mechanism: string, [first, second]: Buffer[]): boolean {
  if (mechanism === 'PLAIN')
    return plain !== undefined && isEqual(first, plain.username) && isEqual(second, plain.password);
  return curve?.clients.some((key) => isEqual(first, key)) ?? false;
}

function isEqual(given: Buffer | undefined, known: Buffer | string): boolean {
  const expected = Buffer.from(known);
  return given !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
}
