import { timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { Router } from 'zeromq';
import type { Endpoint } from './endpoint.ts';

/** Where ZeroMQ asks, once for each connection; one for the whole process. */
const ZAP = 'inproc://zeromq.zap.01';
const VERSION = '1.0';

export interface Gatekeeper {
  close(): void;
}

/**
 * Answers ZeroMQ whether a client may connect. In place before the socket that it guards.
 * @see https://rfc.zeromq.org/spec/27/
 */
export async function openGatekeeper({ plain, curve }: Endpoint, logger: Logger): Promise<Gatekeeper> {
  const socket = new Router();
  await socket.bind(ZAP);
  answer().catch((error: unknown) => {
    logger.error({ cause: String(error) }, 'nobody is let in by ZeroMQ any more');
  });

  async function answer(): Promise<void> {
    for await (const [
      from = '',
      delimiter = '',
      ,
      requestId = '',
      ,
      ,
      ,
      mechanism,
      ...credentials
    ] of socket) {
      const known = String(mechanism) === 'PLAIN' ? knowsPassword(credentials) : knowsKey(credentials);
      const [code, text] = known ? ['200', 'OK'] : ['400', 'not known here'];
      await socket.send([from, delimiter, VERSION, requestId, code, text, '', '']);
    }
  }

  function knowsPassword([username, password]: Buffer[]): boolean {
    return plain !== undefined && same(username, plain.username) && same(password, plain.password);
  }

  function knowsKey([key]: Buffer[]): boolean {
    return curve?.clients.some((known) => same(key, known)) ?? false;
  }

  return {
    close() {
      socket.close();
    },
  };
}

function same(given: Buffer | undefined, known: Buffer | string): boolean {
  const expected = Buffer.from(known);
  return given !== undefined && given.length === expected.length && timingSafeEqual(given, expected);
}
