import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the endpoints of partners answer: one works, one is down, and one is gone for good. */
const ANSWERS: Readonly<Record<string, number>> = { '/accounting': 204, '/warehouse': 503, '/loyalty': 410 };

/** Starts a server of webhook endpoints. `close` is safe to call twice. */
export async function openPartners(): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(ANSWERS[request.url ?? ''] ?? 404).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
