import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import type { ListedShipmentView } from '../../src/contracts/http/shipments.ts';
import { invoke } from '../support/cli/invoke.ts';

const SHIPMENT: ListedShipmentView = {
  orderId: 'ord_1',
  shipmentId: 'shp_1_1',
  number: 1,
  status: 'in_transit',
  location: 'north',
  carrier: 'DHL',
  trackingCode: 'JJD1',
  lines: [{ line: 1, sku: 'mug-01', quantity: 2 }],
  tracking: [{ at: '2026-01-02T08:00:00.000Z', status: 'in_transit', city: 'Berlin', country: 'DE' }],
  handedOverAt: '2026-01-02T07:00:00.000Z',
  createdAt: '2026-01-01T10:00:00.000Z',
  updatedAt: '2026-01-02T08:00:00.000Z',
};

describe('checkout shipments', () => {
  const received: { method: string; path: string; body?: unknown }[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const { method = '', url: path = '' } = request;
      const isList = method === 'GET';
      const answer = isList ? { data: [SHIPMENT] } : SHIPMENT;
      void (isList ? Promise.resolve(undefined) : json(request).catch(() => undefined)).then((body) => {
        received.push({ method, path, ...(body !== undefined && { body }) });
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
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
  const shipments = (...args: string[]) => invoke(['shipments', ...args, '--url', url]);

  it('lists the shipments with a status', async () => {
    const { exitCode, out } = await shipments('list', '--status', 'in_transit');
    assert.equal(exitCode, 0);
    assert.match(out, /shp_1_1 +ord_1 +in_transit +north +DHL +JJD1/);
    assert.match(received[0]?.path ?? '', /^\/v1\/shipments\?status=in_transit&limit=\d+$/);
  });

  it('shows the shipments of an order with what the carrier has reported', async () => {
    const { out } = await shipments('get', 'ord_1');
    assert.match(out, /pieces +2 × mug-01 \(line 1\)/);
    assert.match(out, /2026-01-02T08:00:00\.000Z +in_transit +Berlin, DE/);
    assert.equal(received[0]?.path, '/v1/orders/ord_1/shipments');
  });

  it('reports what was handed over', async () => {
    const flags = ['--line', '1x2', '--line', '2x1', '--carrier', 'DHL', '--code', 'JJD1', '--key', 'k'];
    const { exitCode } = await shipments('report', 'ord_1', ...flags);
    assert.equal(exitCode, 0);
    const lines = [
      { line: 1, quantity: 2 },
      { line: 2, quantity: 1 },
    ];
    assert.deepEqual(received, [
      {
        method: 'POST',
        path: '/v1/orders/ord_1/shipments',
        body: { lines, carrier: 'DHL', trackingCode: 'JJD1' },
      },
    ]);
  });

  it('holds, releases, cancels and delivers, and says what follows a loss', async () => {
    for (const action of ['hold', 'release', 'cancel', 'deliver'])
      await shipments(action, 'ord_1', 'shp_1_1');
    await shipments('lost', 'ord_1', 'shp_1_1', '--action', 'reship');
    const path = '/v1/orders/ord_1/shipments/shp_1_1';
    assert.deepEqual(
      received.map((each) => each.path),
      ['hold', 'release', 'cancel', 'deliver', 'lost'].map((action) => `${path}/${action}`),
    );
    assert.deepEqual(received.at(-1)?.body, { action: 'reship' });
    assert.notEqual((await shipments('lost', 'ord_1', 'shp_1_1')).exitCode, 0);
  });
});
