import assert from 'node:assert/strict';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import { openShippingStage, type ShippingStage } from '../support/api/shipping.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey, problemOf, sending } from '../support/api/requests.ts';
import { customer, warehouse } from '../support/sandbox/easypost.ts';
import { deliver } from '../support/shipped-orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('returns over HTTP', function () {
  this.timeout(120_000);
  let stage: ShippingStage;
  let shop: OrderCalls;

  before(async function () {
    this.timeout(180_000);
    stage = await openShippingStage({ policy: { mode: 'warehouse' } });
    shop = orderCalls(stage.app);
    await stage.shop.pool.query(`update locations set address = $1`, [JSON.stringify(warehouse)]);
  });
  after(() => stage.close());

  const post = (path: string, body?: object, key = newKey()) =>
    stage.app.inject(sending('POST', path, body, { 'idempotency-key': key }));
  async function delivered(quantity: number): Promise<{ orderId: string; sku: string }> {
    const sku = await stage.shop.item(10, 500);
    const { orderId } = await shop.place({ lines: [{ sku, quantity }], shipping: customer() });
    await deliver(stage.shop, orderId, [{ line: 1, quantity }]);
    return { orderId, sku };
  }
  async function requested(orderId: string, body: object): Promise<ReturnView> {
    const answer = await post(`/v1/orders/${orderId}/returns`, body);
    assert.equal(answer.statusCode, 201, answer.body);
    const view = answer.json<ReturnView>();
    assert.equal(answer.headers.location, `/v1/returns/${view.returnId}`);
    return view;
  }
  const get = async (returnId: string) =>
    (await stage.app.inject(getting(`/v1/returns/${returnId}`))).json<ReturnView>();
  const becomes = (returnId: string, check: (view: ReturnView) => void) =>
    waitUntilPasses(async () => {
      const view = await get(returnId);
      check(view);
      return view;
    }, 40_000);

  it('buy a label, refund what is received to the minor unit, restock it, and close', async () => {
    const { orderId, sku } = await delivered(2);
    const { returnId } = await requested(orderId, { lines: [{ line: 1, quantity: 2 }], reason: 'Too small' });
    const opened = await post(`/v1/returns/${returnId}/open`);
    assert.deepEqual([opened.statusCode, opened.json<ReturnView>().status], [200, 'open']);
    await becomes(returnId, ({ labelUrl, trackingCode }) => {
      assert.ok(labelUrl && trackingCode);
    });
    const key = newKey();
    const lines = [{ line: 1, quantity: 1, disposition: 'restocked' }];
    for (const repeat of [1, 2]) {
      const answer = await post(`/v1/returns/${returnId}/receive`, { lines }, key);
      assert.deepEqual([repeat, answer.statusCode], [repeat, 200], answer.body);
    }
    await shop.becomes(orderId, ({ payment, lines: ordered }) => {
      assert.deepEqual([payment.refunded, ordered[0]?.refundedAmount, ordered[0]?.returned], [500, 500, 1]);
    });
    assert.equal((await stage.shop.stock(sku)).available, 9);
    await post(`/v1/returns/${returnId}/receive`, {
      lines: [{ line: 1, quantity: 1, disposition: 'missing' }],
    });
    await becomes(returnId, ({ status }) => {
      assert.equal(status, 'closed');
    });
    assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
    await waitUntilPasses(async () => {
      const mails = await shop.mails(orderId);
      for (const kind of ['return_label', 'return_received', 'refunded'])
        assert.equal(mails.filter((mail) => mail === kind).length, 1, kind);
    });
    const { partiallyReturned, returns } = await shop.order(orderId);
    assert.deepEqual([partiallyReturned, returns[0]?.returnId], [true, returnId]);
  });

  it('place the order of an exchange when the goods have arrived', async () => {
    const { orderId } = await delivered(1);
    const { returnId } = await requested(orderId, {
      lines: [{ line: 1, quantity: 1 }],
      exchange: { lines: [{ sku: 'mug-01', quantity: 1 }] },
    });
    await post(`/v1/returns/${returnId}/open`);
    await post(`/v1/returns/${returnId}/receive`, {
      lines: [{ line: 1, quantity: 1, disposition: 'not_restocked' }],
    });
    const view = await becomes(returnId, ({ status, exchange }) => {
      assert.ok(exchange?.orderId);
      assert.equal(status, 'closed');
    });
    const exchanged = await shop.becomes(view.exchange?.orderId ?? '', ({ status }) => {
      assert.equal(status, 'paid');
    });
    assert.deepEqual(
      [exchanged.total, exchanged.customer?.email, exchanged.shipping?.city],
      [1_200, 'ada@example.com', customer().city],
    );
    assert.equal((await shop.order(orderId)).payment.refunded, 500);
  });

  it('refuse what was not delivered, an unknown exchange, and decisions that come too late', async () => {
    const { orderId } = await delivered(1);
    const many = await post(`/v1/orders/${orderId}/returns`, { lines: [{ line: 1, quantity: 2 }] });
    assert.deepEqual([many.statusCode, problemOf(many).code], [409, 'not_returnable']);
    const unknown = await post(`/v1/orders/${orderId}/returns`, {
      lines: [{ line: 1, quantity: 1 }],
      exchange: { lines: [{ sku: 'no-such-item', quantity: 1 }] },
    });
    assert.deepEqual([unknown.statusCode, problemOf(unknown).code], [400, 'unknown_sku']);
    assert.deepEqual(problemOf(unknown).errors, [
      { field: 'exchange.lines[0].sku', message: 'there is no such item' },
    ]);
    const { returnId } = await requested(orderId, { lines: [{ line: 1, quantity: 1 }] });
    const early = await post(`/v1/returns/${returnId}/receive`, {
      lines: [{ line: 1, quantity: 1, disposition: 'restocked' }],
    });
    assert.deepEqual([early.statusCode, problemOf(early).code], [409, 'return_state_conflict']);
    await post(`/v1/returns/${returnId}/decline`, { note: 'Worn' });
    const late = await post(`/v1/returns/${returnId}/open`);
    assert.deepEqual([late.statusCode, problemOf(late).code], [409, 'return_state_conflict']);
    const none = await stage.app.inject(getting('/v1/returns/ret_none'));
    assert.deepEqual([none.statusCode, problemOf(none).code], [404, 'return_not_found']);
    await waitUntilPasses(async () => {
      assert.ok((await shop.mails(orderId)).includes('return_declined'));
    });
  });

  it('list by status, page by page, newest first', async () => {
    const { orderId } = await delivered(2);
    const ids: string[] = [];
    for (const each of [1, 1])
      ids.unshift((await requested(orderId, { lines: [{ line: each, quantity: 1 }] })).returnId);
    // In the same millisecond.
    await stage.shop.pool.query(
      `update returns set created_at = date_trunc('second', clock_timestamp() + interval '1 second') + number * interval '7 microseconds' where order_id = $1`,
      [orderId],
    );
    const page = async (query: string) =>
      (await stage.app.inject(getting(`/v1/returns?${query}`))).json<{
        data: ReturnView[];
        nextCursor?: string;
      }>();
    const first = await page('status=requested&limit=1');
    const second = await page(`status=requested&limit=1&cursor=${first.nextCursor ?? ''}`);
    assert.deepEqual(
      [...first.data, ...second.data].map(({ returnId }) => returnId),
      ids,
    );
  });
});
