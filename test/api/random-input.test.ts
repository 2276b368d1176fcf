import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { orderRequest } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, placing, sending } from '../support/api/requests.ts';

/** Bodies that are nearly valid: one value of a valid order is replaced by a random one. */
const nearlyOrders = fc
  .tuple(
    fc.constantFrom('customer', 'currency', 'lines', 'payment', 'shipping', 'expectedTotal', 'x'),
    fc.jsonValue(),
  )
  .map(([key, value]) => ({ ...orderRequest(), [key]: value }));
const lines = fc
  .array(
    fc.record({
      sku: fc.oneof(fc.constant('mug-01'), fc.string()),
      quantity: fc.oneof(fc.nat(2_000), fc.double()),
    }),
  )
  .map((some) => ({ ...orderRequest(), lines: some }));
const names = fc
  .string({ unit: 'binary', maxLength: 300 })
  .map((name) => ({ ...orderRequest(), customer: { email: 'a@b.example', name } }));

describe('random input', () => {
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
  });
  after(() => stage.close());

  const answers = async (request: InjectOptions): Promise<void> => {
    const answer = await stage.app.inject(request);
    assert.ok(answer.statusCode < 500, answer.body);
    if (answer.statusCode >= 400) {
      const problem = answer.json<{ code: string; status: number }>();
      assert.equal(problem.status, answer.statusCode);
      assert.ok(problem.code);
    }
  };

  it('as an order is never answered 5xx', async () => {
    const bodies = fc.oneof(fc.jsonValue(), nearlyOrders, lines, names);
    await fc.assert(
      fc.asyncProperty(bodies, (body) => answers(placing(body))),
      { numRuns: 400 },
    );
  }).timeout(60_000);

  it('as bytes is never answered 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), (text) => answers(placing(text))),
      { numRuns: 200 },
    );
  }).timeout(60_000);

  it('as an idempotency key is never answered 5xx', async () => {
    const keys = fc.string({
      unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)),
    });
    await fc.assert(
      fc.asyncProperty(keys, (key) =>
        answers(placing({ ...orderRequest(), currency: 'XXX' }, { 'idempotency-key': key })),
      ),
      { numRuns: 200 },
    );
  }).timeout(60_000);

  it('in a URL is never answered 5xx', async () => {
    const paths = [
      '/v1/orders/',
      '/v1/stock/',
      '/v1/orders?email=',
      '/v1/orders?cursor=',
      '/v1/mails?orderId=',
      '/v1/stats?window=',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.string({ unit: 'grapheme' }), (path, text) =>
        answers(getting(path + encodeURIComponent(text))),
      ),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it('as stock is never answered 5xx', async () => {
    const item = fc.record({
      title: fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }),
      unitPrice: fc.oneof(fc.maxSafeNat(), fc.double()),
      currency: fc.constantFrom('EUR', 'USD', 'eu'),
      onHand: fc.oneof(fc.nat(2_000_000_000), fc.maxSafeInteger()),
      sequence: fc.oneof(fc.maxSafeNat(), fc.constant(-1)),
    });
    await fc.assert(
      fc.asyncProperty(item, (body) => answers(sending('PUT', '/v1/stock/random', body))),
      { numRuns: 300 },
    );
  }).timeout(60_000);

  it('a hostile body of the full size is answered quickly', async () => {
    const bodies = [
      { ...orderRequest(), customer: { email: `a@${'a'.repeat(60_000)}!` } },
      { ...orderRequest(), customer: { email: `${'a.'.repeat(30_000)}@` } },
      { ...orderRequest(), note: '1 '.repeat(30_000) },
      { ...orderRequest(), note: '1234567890123-'.repeat(4_000) },
      Object.fromEntries(Array.from({ length: 6_000 }, (_, index) => [`k${index}`, 1])),
      { ...orderRequest(), lines: Array.from({ length: 30_000 }, () => 0) },
    ];
    for (const body of bodies) {
      const started = performance.now();
      await answers(placing(body));
      const ms = performance.now() - started;
      // A regular expression with catastrophic backtracking would take minutes.
      assert.ok(ms < 5_000, `${JSON.stringify(body).slice(0, 60)} took ${ms} ms`);
    }
  });
});
