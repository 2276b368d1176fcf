import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import { invoke } from '../support/cli/invoke.ts';

const RETURN: ReturnView = {
  returnId: 'ret_1',
  orderId: 'ord_1',
  number: 1,
  status: 'open',
  reason: 'too small',
  lines: [{ line: 1, sku: 'mug-01', quantity: 2, received: 1, missing: 0 }],
  receipts: [
    {
      ...{ line: 1, quantity: 1, disposition: 'restocked', location: 'berlin' },
      at: '2026-01-02T08:00:00.000Z',
    },
  ],
  exchange: { lines: [{ sku: 'print-01', quantity: 1 }] },
  createdAt: '2026-01-01T10:00:00.000Z',
  updatedAt: '2026-01-02T08:00:00.000Z',
};

describe('checkout returns', () => {
  const received: { method: string; path: string; key?: unknown; body?: unknown }[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const { method = '', url: path = '', headers } = request;
      const isList = method === 'GET' && path.startsWith('/v1/returns?');
      void (method === 'GET' ? Promise.resolve(undefined) : json(request)).then((body) => {
        const key = headers['idempotency-key'];
        received.push({
          method,
          path,
          ...(key !== undefined && { key }),
          ...(body !== undefined && { body }),
        });
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(isList ? { data: [RETURN] } : RETURN));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    url = `http://127.0.0.1:${address.port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => received.splice(0));
  const returns = (...args: string[]) => invoke(['returns', ...args, '--url', url]);

  it('lists the returns with a status', async () => {
    const { out } = await returns('list', '--status', 'open');
    assert.match(out, /^ret_1 +ord_1 +open +1x2 +2026-01-01T10:00:00\.000Z$/m);
    assert.match(received[0]?.path ?? '', /^\/v1\/returns\?status=open&limit=\d+$/);
  });

  it('shows a return with what has arrived of it', async () => {
    const { out } = await returns('get', 'ret_1');
    assert.match(out, /^exchange +print-01=1, ordered when the goods have arrived$/m);
    assert.match(out, /^1 +mug-01 +2 +1 +0$/m);
    assert.match(out, /1x1 restocked at berlin$/m);
  });

  it('requests a return, and records what has arrived, each under a key', async () => {
    await returns('request', 'ord_1', '--line', '1x2', '--line', '2', '--exchange', 'mug-01=1', '--key', 'a');
    const pieces = ['--line', '1x1=restocked', '--line', '2=missing'];
    await returns('receive', 'ret_1', ...pieces, '--location', 'berlin', '--key', 'b');
    assert.deepEqual(received, [
      {
        ...{ method: 'POST', path: '/v1/orders/ord_1/returns', key: 'a' },
        body: {
          lines: [
            { line: 1, quantity: 2 },
            { line: 2, quantity: 1 },
          ],
          exchange: { lines: [{ sku: 'mug-01', quantity: 1 }] },
        },
      },
      {
        ...{ method: 'POST', path: '/v1/returns/ret_1/receive', key: 'b' },
        body: {
          lines: [
            { line: 1, quantity: 1, disposition: 'restocked' },
            { line: 2, quantity: 1, disposition: 'missing' },
          ],
          location: 'berlin',
        },
      },
    ]);
  });

  it('decides a return', async () => {
    await returns('decline', 'ret_1', '--note', 'worn');
    await returns('reopen', 'ret_1');
    assert.deepEqual(received, [
      { method: 'POST', path: '/v1/returns/ret_1/decline', body: { note: 'worn' } },
      { method: 'POST', path: '/v1/returns/ret_1/reopen', body: {} },
    ]);
  });

  it('refuses pieces that it cannot read before anything is sent', async () => {
    for (const line of ['x2', '1x0', '1x1=eaten', '1x1']) {
      const { exitCode, err } = await returns('receive', 'ret_1', '--line', line);
      assert.deepEqual([line, exitCode], [line, 1]);
      assert.match(err, /such as 1x2/);
    }
    assert.deepEqual(received, []);
  });
});
