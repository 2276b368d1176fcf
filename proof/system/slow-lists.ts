import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Passes requests on to the sandbox, and can delay those that list all payments and refunds, as the audit does. */
export interface SlowLists {
  readonly port: number;
  /** Each page takes so much longer from now on. Milliseconds. */
  delayLists(ms: number): void;
  /** How many pages were delayed. */
  delayed(): number;
  close(): Promise<void>;
}

/** Lists, and no single payment: `/v1/payment_intents?limit=100`. */
const LIST = /^\/v1\/(payment_intents|refunds)\?/;

export async function startSlowLists(port: number): Promise<SlowLists> {
  let delayMs = 0;
  let delayed = 0;
  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { url = '/', method = 'GET', headers } = incoming;
    if (delayMs > 0 && method === 'GET' && LIST.test(url)) {
      delayed += 1;
      await delay(delayMs);
    }
    const passed = request({ port, host: '127.0.0.1', path: url, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    // The sandbox closes a connection to simulate a lost answer.
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  }
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    delayLists(ms) {
      delayMs = ms;
    },
    delayed: () => delayed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
