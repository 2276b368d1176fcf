import assert from 'node:assert/strict';
import { VERSION } from '../../src/platform/version.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf, placing } from '../support/api/requests.ts';
import { orderRequest } from '../../harness/orders.ts';

interface Operation {
  summary?: string;
  security?: object[];
  responses: Record<string, { description?: string; content?: Record<string, { schema?: object }> }>;
}
interface Document {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: object };
}

interface Item {
  sku: string;
  onHand: number;
  applied: boolean;
}
interface Page {
  data: Item[];
  nextCursor?: string;
}

const ROUTES = [
  'POST /v1/orders',
  'GET /v1/orders',
  'GET /v1/orders/{orderId}',
  'GET /v1/orders/{orderId}/events',
  'POST /v1/orders/{orderId}/cancel',
  'POST /v1/orders/{orderId}/refunds',
  'POST /v1/orders/{orderId}/capture',
  'POST /v1/orders/{orderId}/review',
  'POST /v1/orders/{orderId}/attention',
  'GET /v1/stock',
  'GET /v1/stock/{sku}',
  'PUT /v1/stock/{sku}',
  'GET /v1/mails',
  'GET /v1/stats',
  'POST /v1/audits',
  'GET /v1/audits',
  'GET /v1/audits/{auditId}',
  'GET /v1/dead-letters',
  'GET /v1/dead-letters/{deadLetterId}',
  'POST /v1/dead-letters/discard',
  'POST /v1/dead-letters/replay',
  'POST /v1/dead-letters/{deadLetterId}/discard',
  'POST /v1/dead-letters/{deadLetterId}/replay',
  'POST /v1/webhook-endpoints',
  'GET /v1/webhook-endpoints',
  'GET /v1/webhook-endpoints/{endpointId}',
  'PATCH /v1/webhook-endpoints/{endpointId}',
  'DELETE /v1/webhook-endpoints/{endpointId}',
  'GET /v1/webhook-endpoints/{endpointId}/deliveries',
  'POST /v1/webhook-endpoints/{endpointId}/recover',
  'POST /v1/webhook-endpoints/{endpointId}/secret/rotate',
  'GET /v1/webhook-deliveries/{deliveryId}',
  'POST /v1/webhook-deliveries/{deliveryId}/redeliver',
  'POST /v1/webhooks/stripe',
  'GET /',
  'GET /livez',
  'GET /readyz',
];

describe('the description of the API', () => {
  let stage: Stage;
  let document: Document;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
    document = (await stage.app.inject('/openapi.json')).json<Document>();
  });
  after(() => stage.close());

  it('is OpenAPI 3.1 and has every route, and no other', () => {
    assert.equal(document.openapi, '3.1.0');
    const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(routes.sort(), [...ROUTES].sort());
  });

  it('has the version of the package', () => {
    assert.equal(document.info.version, VERSION);
  });

  it('describes every route, its responses and its problems', () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const [method, { summary, responses }] of Object.entries(operations)) {
        assert.ok(summary, `${method} ${path} has no summary`);
        for (const [status, { description, content }] of Object.entries(responses)) {
          assert.ok(
            description && description !== 'Default Response',
            `${method} ${path} ${status} is not described`,
          );
          if (Number(status) >= 400 && path.startsWith('/v1/')) {
            assert.deepEqual(
              Object.keys(content ?? {}),
              ['application/problem+json'],
              `${method} ${path} ${status}`,
            );
          }
        }
      }
    }
  });

  it('describes the body of an order and its headers', () => {
    const text = JSON.stringify(document.paths['/v1/orders']?.['post']);
    for (const name of ['Idempotency-Key', 'Prefer', 'expectedTotal', 'additionalProperties']) {
      assert.ok(text.includes(name), name);
    }
  });

  it('is served as a page that loads nothing that its security policy forbids', async () => {
    const page = await stage.app.inject('/docs');
    const target = page.statusCode === 302 ? await stage.app.inject(String(page.headers.location)) : page;
    assert.equal(target.statusCode, 200);
    assert.match(String(target.headers['content-security-policy']), /script-src 'self'(;|$)/);
    assert.ok(!/<script(?![^>]*src=)/.test(target.body), 'an inline script would be blocked');
    for (const [, source = ''] of target.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const address = new URL(source, 'http://localhost/docs/');
      assert.equal(address.origin, 'http://localhost');
      assert.equal((await stage.app.inject(address.pathname)).statusCode, 200, source);
    }
  });

  it('needs no key, and neither do the health checks', async () => {
    assert.deepEqual((await stage.app.inject('/livez')).json(), { status: 'ok' });
    const ready = await stage.app.inject('/readyz');
    assert.deepEqual([ready.statusCode, ready.json()], [200, { status: 'ok', checks: { postgres: 'ok' } }]);
  });

  it('names the server that cannot be reached when the API is not ready', async () => {
    const app = await stage.another({
      healthChecks: {
        postgres: () => Promise.resolve(),
        temporal: () => Promise.reject(new Error('gone')),
      },
    });
    const ready = await app.inject('/readyz');
    assert.equal(ready.statusCode, 503);
    assert.deepEqual(ready.json(), {
      status: 'unavailable',
      checks: { postgres: 'ok', temporal: 'unreachable' },
    });
  });

  it('is true for stock: every field that was put is returned, page by page', async () => {
    const item = { title: 'Pen', unitPrice: 150, currency: 'EUR', onHand: 7, lowAt: 2, sequence: 5 };
    const headers = { authorization: 'Bearer test-key' };
    const put = await stage.app.inject({ method: 'PUT', url: '/v1/stock/a-pen', headers, payload: item });
    assert.deepEqual(put.json(), { sku: 'a-pen', ...item, held: 0, sold: 0, applied: true });
    const older = { ...item, onHand: 1, sequence: 4 };
    const late = await stage.app.inject({ method: 'PUT', url: '/v1/stock/a-pen', headers, payload: older });
    assert.deepEqual([late.json<Item>().applied, late.json<Item>().onHand], [false, 7]);
    const first = await stage.app.inject(getting('/v1/stock?limit=1'));
    const second = await stage.app.inject(
      getting(`/v1/stock?limit=1&cursor=${first.json<Page>().nextCursor}`),
    );
    assert.deepEqual(
      [first.json<Page>().data[0]?.sku, second.json<Page>().data[0]?.sku],
      ['a-pen', 'mug-01'],
    );
    assert.equal(second.json<Page>().nextCursor, undefined);
  });

  it('is true for an order: every field is returned', async () => {
    const shipping = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
    const placed = await stage.app.inject(placing(orderRequest({ shipping })));
    assert.deepEqual(orderOf(placed).shipping, shipping);
    const { orderId, ...order } = orderOf(placed);
    assert.match(orderId, /^ord_[0-9a-hjkmnp-tv-z]{32}$/);
    assert.deepEqual(Object.keys(order).sort(), [
      'attention',
      'createdAt',
      'currency',
      'customer',
      'lines',
      'partiallyRefunded',
      'payment',
      'refunds',
      'reservations',
      'shipments',
      'shipping',
      'status',
      'total',
      'updatedAt',
    ]);
  });
});
