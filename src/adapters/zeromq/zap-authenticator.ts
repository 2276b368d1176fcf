import { timingSafeEqual } from 'node:crypto';
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
/** Resolves when the last server has given its address back. */
let closed: Promise<void> = Promise.resolve();

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
  const starting = { socket, bound: closed.then(() => socket.bind(ZAP_ADDRESS)) };
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

/** A closed socket gives its address back some time later; an unbound one at once, so the next server can bind it. */
function stopServer(): void {
  if (!server) return;
  const { socket } = server;
  server = undefined;
  closed = socket
    .unbind(ZAP_ADDRESS)
    // Closing the socket gives the address back too, only later.
    .catch(() => undefined)
    .then(() => {
      socket.close();
    });
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
