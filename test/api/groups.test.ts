import assert from 'node:assert/strict';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import { orderRequest } from '../../harness/orders.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey, orderOf, placing, problemOf } from '../support/api/requests.ts';

describe('orders that arrive together', function () {
  this.timeout(120_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  const placeAll = (requests: OrderRequest[], headers: Record<string, string> = {}) =>
    Promise.all(requests.map((request) => stage.app.inject(placing(request, headers))));

  const paying = (method: string, count: number): OrderRequest[] =>
    Array.from({ length: count }, () => orderRequest({ payment: { method } }));

  async function carriers(orderIds: string[]): Promise<string[]> {
    const { rows } = await stage.shop.pool.query<{ workflow_id: string }>(
      'select workflow_id from order_claims where order_id = any($1)',
      [orderIds],
    );
    return rows.map(({ workflow_id }) => workflow_id);
  }

  it('share workflows, and each has its own outcome, events and mails', async () => {
    const requests = [
      ...paying('pm_card_visa', 20),
      ...paying('pm_card_chargeDeclined', 10),
      ...paying('pm_action', 5),
    ];
    const orders = (await placeAll(requests, { prefer: 'wait=30' })).map(orderOf);
    const groups = (await carriers(orders.map(({ orderId }) => orderId))).filter((id) =>
      id.startsWith('group/'),
    );
    assert.ok(new Set(groups).size < groups.length, 'none has shared one');
    for (const [n, { status }] of orders.entries())
      assert.equal(status, n < 20 ? 'paid' : n < 30 ? 'payment_failed' : 'awaiting_customer');

    const [paid] = orders;
    assert(paid);
    assert.deepEqual(
      (await shop.events(paid.orderId)).map(({ name }) => name),
      ['placed', 'reserved', 'paid'],
    );
    for (const { orderId } of orders.slice(30)) {
      stage.provider.authenticate(orderId);
      assert.equal((await shop.cancel(orderId)).order.status, 'cancelled');
      assert.equal(stage.provider.paymentOf(orderId).refunded, stage.provider.paymentOf(orderId).captured);
    }
  });

  it('are found from the moment they are acknowledged', async () => {
    const answers = await placeAll(paying('pm_card_visa', 30));
    const found = await Promise.all(
      answers.map((answer) => stage.app.inject(getting(`/v1/orders/${orderOf(answer).orderId}`))),
    );
    for (const answer of found) assert.equal(answer.statusCode, 200, answer.body);
  });

  it('are one order for each key, however often and to whichever process it is sent at the same moment', async () => {
    const other = await stage.another();
    const keys = Array.from({ length: 15 }, newKey);
    const send = (app: typeof other) =>
      keys.map((key) => app.inject(placing(orderRequest(), { 'idempotency-key': key, prefer: 'wait=30' })));
    const answers = await Promise.all([stage.app, other, stage.app, other].flatMap(send));
    const orders = answers.map((answer): OrderView => {
      assert.ok(answer.statusCode < 300, answer.body);
      return orderOf(answer);
    });
    assert.equal(new Set(orders.map(({ orderId }) => orderId)).size, keys.length);
    for (const { orderId, status } of orders) {
      assert.equal(status, 'paid');
      assert.equal(stage.provider.paymentOf(orderId).captured, 1_200);
    }
  });

  it('with one key and two bodies, at two processes at the same moment, are one order and one refusal', async () => {
    const other = await stage.another();
    const keys = Array.from({ length: 15 }, newKey);
    const bodies = [orderRequest(), orderRequest({ customer: { email: 'eve@example.com' } })];
    const answers = await Promise.all(
      keys.map((key, n) =>
        Promise.all(
          [stage.app, other].map((app, side) =>
            app.inject(placing(bodies[(n + side) % 2], { 'idempotency-key': key })),
          ),
        ),
      ),
    );
    for (const both of answers) {
      assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [202, 422]);
      const refused = both.find(({ statusCode }) => statusCode === 422);
      assert.equal(refused && problemOf(refused).code, 'idempotency_key_reused');
    }
  });

  it('can be cancelled at once, each by itself', async () => {
    const orders = (await placeAll(paying('pm_card_visa', 20))).map(orderOf);
    const answers = await Promise.all(orders.map(({ orderId }) => shop.cancel(orderId)));
    for (const { status, order } of answers) {
      assert.deepEqual([status, order.status], [200, 'cancelled']);
      assert.equal(order.payment.captured, order.payment.refunded);
    }
  });

  it('sell what is in stock, and no more', async () => {
    const sku = await stage.shop.item(12, 500);
    const requests = Array.from({ length: 30 }, () => orderRequest({ lines: [{ sku, quantity: 1 }] }));
    const orders = (await placeAll(requests, { prefer: 'wait=30' })).map(orderOf);
    assert.equal(orders.filter(({ status }) => status === 'paid').length, 12);
    assert.equal(orders.filter(({ status }) => status === 'out_of_stock').length, 18);
    assert.deepEqual(await stage.shop.stock(sku), { available: 0, held: 0, sold: 12 });
  });
});
