import { timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { Router } from 'zeromq';
import type { Endpoint } from './endpoint.ts';

/** Where ZeroMQ asks, once for each connection; one for the whole process. */
const ZAP = 'inproc://zeromq.zap.01';
const VERSION = '1.0';

export interface ZapAuthenticator {
  close(): void;
}

/** By domain: the address of the endpoint. */
const guarded = new Map<string, Endpoint>();
let gate: { socket: Router; bound: Promise<void> } | undefined;

/**
 * Answers ZeroMQ whether a client may connect to the endpoint, whose address is its `zapDomain`. In place before the socket that it
 * guards.
 * @see https://rfc.zeromq.org/spec/27/
 */
export async function openZapAuthenticator(endpoint: Endpoint, logger: Logger): Promise<ZapAuthenticator> {
  guarded.set(endpoint.address, endpoint);
  if (!gate) {
    const socket = new Router();
    gate = { socket, bound: socket.bind(ZAP) };
    gate.bound
      .then(() => answer(socket))
      .catch((error: unknown) => {
        logger.error({ cause: String(error) }, 'nobody is let in by ZeroMQ any more');
      });
  }
  await gate.bound;
  return {
    close() {
      guarded.delete(endpoint.address);
      if (guarded.size > 0) return;
      gate?.socket.close();
      gate = undefined;
    },
  };
}

async function answer(socket: Router): Promise<void> {
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
    const endpoint = guarded.get(String(domain));
    const known = endpoint !== undefined && isKnown(endpoint, String(mechanism), credentials);
    const [code, text] = known ? ['200', 'OK'] : ['400', 'not known here'];
    await socket.send([from, delimiter, VERSION, requestId, code, text, '', '']);
  }
}

function isKnown({ plain, curve }: Endpoint, mechanism: string, [first, second]: Buffer[]): boolean {
  if (mechanism === 'PLAIN')
    return plain !== undefined && same(first, plain.username) && same(second, plain.password);
  return curve?.clients.some((known) => same(first, known)) ?? false;
}

function same(given: Buffer | undefined, known: Buffer | string): boolean {
  const expected = Buffer.from(known);
  return given !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
}
