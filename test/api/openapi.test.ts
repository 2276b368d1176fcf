import assert from 'node:assert/strict';
import { VERSION } from '../../src/platform/version.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import {
  componentOf,
  openApiOf,
  operationsOf,
  resolved,
  validatorsOf,
  type Document,
  type PlacedOperation,
  type Schema,
} from '../support/api/openapi-document.ts';
import { getting, orderOf, placing } from '../support/api/requests.ts';
import { orderRequest } from '../../harness/orders.ts';

interface Item {
  sku: string;
  available: number;
  applied: boolean;
  locations: Record<string, unknown>[];
}
interface Page {
  data: Item[];
  nextCursor?: string;
}

const ROUTES = [
  'POST /v1/orders',
  'GET /v1/orders',
  'POST /v1/orders/search',
  'GET /v1/orders/recent/stream',
  'GET /v1/orders/count',
  'GET /v1/orders/export',
  'GET /v1/views',
  'POST /v1/views',
  'DELETE /v1/views/{viewId}',
  'GET /v1/orders/{orderId}',
  'POST /v1/orders/{orderId}/reveal',
  'GET /v1/orders/{orderId}/events',
  'POST /v1/orders/{orderId}/cancel',
  'POST /v1/orders/{orderId}/payment-check',
  'POST /v1/orders/{orderId}/refunds',
  'POST /v1/orders/{orderId}/capture',
  'POST /v1/orders/{orderId}/review',
  'POST /v1/orders/{orderId}/attention',
  'POST /v1/orders/{orderId}/returns',
  'GET /v1/returns',
  'GET /v1/returns/{returnId}',
  'POST /v1/returns/{returnId}/open',
  'POST /v1/returns/{returnId}/decline',
  'POST /v1/returns/{returnId}/cancel',
  'POST /v1/returns/{returnId}/close',
  'POST /v1/returns/{returnId}/reopen',
  'POST /v1/returns/{returnId}/receive',
  'GET /v1/stock',
  'GET /v1/stock/{sku}',
  'GET /v1/stock/{sku}/count-preview',
  'GET /v1/stock/{sku}/movements',
  'PUT /v1/stock/{sku}',
  'POST /v1/stock/sync',
  'DELETE /v1/stock/sequences',
  'GET /v1/stock/alerts',
  'POST /v1/stock/{sku}/subscriptions',
  'GET /v1/stock/subscriptions/confirm',
  'POST /v1/stock/subscriptions/confirm',
  'GET /v1/stock/subscriptions/unsubscribe',
  'POST /v1/stock/subscriptions/unsubscribe',
  'GET /v1/links',
  'GET /v1/locations',
  'GET /v1/locations/{locationId}',
  'PUT /v1/locations/{locationId}',
  'GET /v1/disputes',
  'GET /v1/mails',
  'POST /v1/orders/{orderId}/mails/resend',
  'GET /v1/stats',
  'GET /v1/stats/stream',
  'GET /v1/stats/series',
  'GET /v1/settings',
  'GET /v1/queues',
  'GET /v1/log',
  'GET /v1/brakes',
  'POST /v1/brakes',
  'POST /v1/brakes/{brakeId}/release',
  'POST /v1/audits',
  'GET /v1/audits',
  'GET /v1/audits/{auditId}',
  'POST /v1/batches',
  'GET /v1/batches',
  'GET /v1/batches/{batchId}',
  'GET /v1/batches/{batchId}/items',
  'POST /v1/batches/{batchId}/start',
  'POST /v1/batches/{batchId}/stop',
  'GET /v1/dead-letters',
  'GET /v1/dead-letters/{deadLetterId}',
  'POST /v1/dead-letters/discard',
  'POST /v1/dead-letters/replay',
  'POST /v1/dead-letters/{deadLetterId}/check',
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
  'GET /v1/shipments',
  'GET /v1/orders/{orderId}/runs',
  'GET /v1/orders/{orderId}/shipments',
  'POST /v1/orders/{orderId}/shipments',
  'POST /v1/orders/{orderId}/shipments/{shipmentId}/hold',
  'POST /v1/orders/{orderId}/shipments/{shipmentId}/release',
  'POST /v1/orders/{orderId}/shipments/{shipmentId}/cancel',
  'POST /v1/orders/{orderId}/shipments/{shipmentId}/deliver',
  'POST /v1/orders/{orderId}/shipments/{shipmentId}/lost',
  'PUT /v1/orders/{orderId}/shipping',
  'POST /v1/webhooks/stripe',
  'POST /v1/webhooks/easypost',
  'POST /board/session',
  'GET /board/session',
  'DELETE /board/session',
  'GET /',
  'GET /livez',
  'GET /readyz',
];

/** The operations that need no API key and no session. */
const WITHOUT_KEY = [
  'POST /v1/webhooks/stripe',
  'GET /v1/stock/subscriptions/confirm',
  'POST /v1/stock/subscriptions/confirm',
  'GET /v1/stock/subscriptions/unsubscribe',
  'POST /v1/stock/subscriptions/unsubscribe',
  'POST /v1/webhooks/easypost',
  'GET /',
  'GET /livez',
  'GET /readyz',
];

describe('the description of the API', () => {
  let stage: Stage;
  let document: Document;
  let operations: PlacedOperation[];
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
    document = await openApiOf(stage.app);
    operations = operationsOf(document);
  });
  after(() => stage.close());

  it('is OpenAPI 3.1 and has every route, and no other', () => {
    assert.equal(document.openapi, '3.1.0');
    assert.deepEqual(operations.map(({ route }) => route).sort(), [...ROUTES].sort());
  });

  it('has the version of the package, a licence, a contact, and the server that serves it', () => {
    const { info, servers } = document;
    assert.equal(info.version, VERSION);
    assert.deepEqual(info.license, { name: 'MIT', identifier: 'MIT' });
    assert.ok(info.title && info.description && info.contact);
    assert.deepEqual(
      servers.map(({ url }) => url),
      ['/'],
    );
  });

  it('names every operation by a verb and what it acts on, and gives no name twice', () => {
    const names = new Map<string, string>();
    for (const { route, operation } of operations) {
      const { operationId = '', summary, tags = [] } = operation;
      assert.match(operationId, /^[a-z]+([A-Z][a-z]+)+$/, `${route} needs an operationId such as listOrders`);
      assert.equal(names.get(operationId), undefined, `${operationId} is the operationId of ${route} too`);
      names.set(operationId, route);
      assert.ok(summary, `${route} needs a summary`);
      assert.equal(tags.length, 1, `${route} needs one tag`);
      assert.ok(
        document.tags.some(({ name, description }) => name === tags[0] && description),
        `the tag ${tags[0]} of ${route} is not described in src/api/plugins/openapi.ts`,
      );
    }
  });

  it('describes every response', () => {
    for (const { route, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        const { description } = resolved(document, response);
        assert.ok(description && description !== 'Default Response', `${route} ${status} is not described`);
      }
    }
  });

  it('answers every error with one Problem', () => {
    for (const { route, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const { content = {} } = resolved(document, response);
        // The readiness check says what is not ready.
        const others = route === 'GET /readyz' && status === '503' ? ['application/json'] : [];
        assert.deepEqual(Object.keys(content), [...others, 'application/problem+json'], `${route} ${status}`);
        assert.equal(
          componentOf(content['application/problem+json']?.schema),
          'Problem',
          `${route} ${status}`,
        );
      }
    }
  });

  it('names every body and every answer, so that generated clients have one type for each', () => {
    for (const { schema, place } of bodiesAndAnswers())
      assert.ok(componentOf(schema), `${place} needs a schema with a title`);
    const ofOrders = bodiesAndAnswers().filter(({ schema }) => componentOf(schema) === 'Order');
    assert.deepEqual([...new Set(ofOrders.map(({ place }) => place.split(' ')[0]))].sort(), [
      'cancelOrder',
      'captureOrder',
      'changeAddress',
      'checkPayment',
      'getOrder',
      'placeOrder',
      'resolveAttention',
      'reviewOrder',
    ]);
    assert.equal(componentOf(document.components.schemas['OrderList']?.properties?.['data']?.items), 'Order');
    assert.ok(
      !Object.keys(document.components.schemas).some((name) => /^Order(View)?\d+$|^def-/.test(name)),
      'an order has a second type',
    );
  });

  it('has an example of every body and every answer, and every example is valid', () => {
    const { schemas } = document.components;
    const validators = validatorsOf(document);
    for (const { schema, example, place } of bodiesAndAnswers()) {
      const name = componentOf(schema) ?? '';
      const items = componentOf(schemas[name]?.properties?.['data']?.items);
      assert.ok(schemas[items ?? name]?.examples, `${place} needs an example of ${items ?? name}`);
      if (example !== undefined) assertValid(name, example);
    }
    for (const [name, { examples = [] }] of Object.entries(schemas))
      for (const example of examples) assertValid(name, example);

    function assertValid(name: string, example: unknown): void {
      const validate = validators(name);
      assert.ok(validate(example), `${name}: ${JSON.stringify(validate.errors)}`);
    }
  });

  it('is secured by an API key, except where the routes need none', () => {
    assert.deepEqual(document.security, [{ apiKey: [] }, { session: [] }]);
    const open = operations.filter(({ operation }) => operation.security?.length === 0);
    assert.deepEqual(open.map(({ route }) => route).sort(), ['POST /board/session', ...WITHOUT_KEY].sort());
    for (const { route, operation } of operations.filter(({ route }) => route !== 'DELETE /board/session'))
      assert.equal('401' in operation.responses, !WITHOUT_KEY.includes(route), route);
  });

  it('describes the headers of requests and responses', () => {
    const headersOf = (id: string) =>
      (operationOf(id).parameters ?? [])
        .filter(({ in: place }) => place === 'header')
        .map(({ name }) => name);
    assert.deepEqual(headersOf('placeOrder'), ['Idempotency-Key', 'Prefer']);
    assert.deepEqual(headersOf('refundOrder'), ['Idempotency-Key']);
    assert.deepEqual(headersOf('listOrderEvents'), ['Last-Event-ID']);
    assert.deepEqual(headersOf('receiveStripeEvent'), ['Stripe-Signature']);
    const accepted = operationOf('placeOrder').responses['202']?.headers ?? {};
    assert.deepEqual(Object.keys(accepted), ['Location', 'Preference-Applied', 'Idempotency-Replayed']);
  });

  it('says which bodies may be absent, and which answers are streams', () => {
    const isRequired = (id: string) => operationOf(id).requestBody?.required;
    assert.deepEqual(['placeOrder', 'reviewOrder'].map(isRequired), [true, true]);
    assert.deepEqual(['cancelOrder', 'refundOrder', 'startAudit'].map(isRequired), [false, false, false]);
    assert.deepEqual(Object.keys(operationOf('listOrderEvents').responses['200']?.content ?? {}), [
      'application/json',
      'text/event-stream',
    ]);
  });

  function operationOf(id: string): PlacedOperation['operation'] {
    const found = operations.find(({ operation }) => operation.operationId === id);
    assert.ok(found, id);
    return found.operation;
  }

  /** The JSON bodies and answers: their schemas, their own examples if they have some, and where they are. */
  function bodiesAndAnswers(): { schema: Schema | undefined; example: unknown; place: string }[] {
    return operations.flatMap(({ operation: { operationId, requestBody, responses } }) =>
      [
        ['body', requestBody?.content ?? {}] as const,
        ...Object.entries(responses).map(([status, { content = {} }]) => [status, content] as const),
      ].flatMap(([part, content]) =>
        Object.entries(content)
          .filter(([type]) => type === 'application/json')
          .map(([, { schema, example }]) => ({ schema, example, place: `${operationId} ${part}` })),
      ),
    );
  }

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
    const level = { onHand: 7, lowAt: 2, rearmAt: 4, sequence: 5 };
    const item = { title: 'Pen', unitPrice: 150, currency: 'EUR', weightGrams: 12, ...level };
    const headers = { authorization: 'Bearer test-key' };
    const put = await stage.app.inject({ method: 'PUT', url: '/v1/stock/a-pen', headers, payload: item });
    const counts = { available: 7, held: 0, committed: 0, unavailable: 0, oversold: 0, sold: 0 };
    const { locations, ...written } = put.json<Item>();
    assert.deepEqual(written, { sku: 'a-pen', ...item, ...counts, applied: true });
    const [{ countedAt, ...only } = {}, ...others] = locations;
    const countedBy = { type: 'client', id: 'development' };
    assert.deepEqual([only, others], [{ location: 'default', countedBy, ...level, ...counts }, []]);
    assert.ok(Date.parse(String(countedAt)) <= Date.now());
    const older = { ...item, onHand: 1, sequence: 4 };
    const late = await stage.app.inject({ method: 'PUT', url: '/v1/stock/a-pen', headers, payload: older });
    assert.deepEqual([late.json<Item>().applied, late.json<Item>().available], [false, 7]);
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
    const validate = validatorsOf(document)('Order');
    assert.ok(validate(orderOf(placed)), JSON.stringify(validate.errors));
    const { orderId, ...order } = orderOf(placed);
    assert.match(orderId, /^ord_[0-9a-hjkmnp-tv-z]{32}$/);
    assert.deepEqual(Object.keys(order).sort(), [
      'attention',
      'createdAt',
      'currency',
      'customer',
      'disputes',
      'lines',
      'partiallyRefunded',
      'partiallyReturned',
      'partiallyShipped',
      'payment',
      'refunds',
      'reservations',
      'returns',
      'shipments',
      'shipping',
      'status',
      'total',
      'updatedAt',
    ]);
  });
});
