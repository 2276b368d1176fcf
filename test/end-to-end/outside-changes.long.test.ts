import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { line } from '../../harness/orders.ts';
import { waitFor, waitUntilPasses } from '../../harness/wait-for.ts';
import { lockRow } from '../support/row-lock.ts';
import { startSystem, type System } from '../support/system.ts';

/** Minor units: the price of the one item of every order. */
const PRICE = 2_400;

describe('what somebody does at the payment provider', function () {
  this.timeout(180_000);
  let system: System;
  let sku: string;

  before(async () => {
    system = await startSystem({ PAYMENT_CAPTURE: 'later' });
    sku = await system.shop.createItem(1_000, PRICE);
  });
  after(() => system.stop());

  const place = (method = 'pm_card_visa'): Promise<OrderView> =>
    system.shop.place({ lines: [line(sku)], payment: { method } }, { wait: 30 });
  const intentOf = ({ payment }: OrderView): string => payment.paymentIntentId ?? '';
  const capture = (orderId: string, amount?: number, final?: boolean): Promise<OrderView> =>
    system.shop.captureOrder(
      orderId,
      { ...(amount !== undefined && { amount }), ...(final !== undefined && { final }) },
      randomUUID(),
    );

  /** Waits until the order has these amounts: captured, refunded, capturable. */
  const becomes = (orderId: string, status: string, amounts: number[]): Promise<OrderView> =>
    waitUntilPasses(async () => {
      const order = await system.shop.getOrder(orderId);
      const { captured, refunded, capturable } = order.payment;
      assert.deepEqual([order.status, captured, refunded, capturable], [status, ...amounts]);
      return order;
    }, 20_000);

  const typesOf = async (orderId: string): Promise<string[]> =>
    (await system.shop.orderEvents(orderId)).map(({ type }) =>
      type.replace(/^com\.durable-checkout\.order\.|\.v1$/g, ''),
    );

  /** What the customer has paid and got back in all, by the provider's own records. */
  async function atProvider(orderId: string): Promise<number[]> {
    const intents = await system.sandbox.intentsOf(orderId);
    const refunds = await Promise.all(
      intents.map(async ({ id }) => (await system.sandbox.stripe.refunds.list({ payment_intent: id })).data),
    );
    const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
    return [
      sum(intents.map((intent) => intent.amount_received)),
      sum(refunds.flat().map(({ amount }) => amount)),
      sum(intents.map((intent) => intent.amount_capturable)),
    ];
  }

  it('captured in full: becomes a capture of the order, and a capture by us takes nothing more', async () => {
    const order = await place();
    await system.sandbox.stripe.paymentIntents.capture(intentOf(order));
    await becomes(order.orderId, 'paid', [PRICE, 0, 0]);
    await assert.rejects(capture(order.orderId), { code: 'not_capturable' });
    assert.deepEqual(await atProvider(order.orderId), [PRICE, 0, 0]);
    const types = await typesOf(order.orderId);
    assert.equal(types.filter((type) => type === 'captured').length, 1);
    assert.ok(types.includes('payment_reconciled'));
  });

  it('captured in part, the rest left open: the rest can be captured by us', async () => {
    const order = await place();
    await system.sandbox.stripe.paymentIntents.capture(intentOf(order), {
      amount_to_capture: 500,
      final_capture: false,
    });
    await becomes(order.orderId, 'paid', [500, 0, PRICE - 500]);
    await capture(order.orderId);
    await becomes(order.orderId, 'paid', [PRICE, 0, 0]);
    assert.deepEqual(await atProvider(order.orderId), [PRICE, 0, 0]);
  });

  /** Requests a capture, and has `act` done at the provider when it is recorded and before the provider is asked. */
  async function captureDuring(
    { orderId }: OrderView,
    act: () => Promise<unknown>,
    amount?: number,
    final?: boolean,
  ): Promise<OrderView> {
    const sql = 'select 1 from orders where order_id = $1 for update';
    const lock = await lockRow(system.databaseUrl(), sql, [orderId]);
    try {
      const requested = capture(orderId, amount, final);
      requested.catch(() => undefined);
      await lock.isWaitedFor();
      await act();
      await lock.release();
      return await requested;
    } finally {
      await lock.release();
    }
  }

  const capturedBy = async (orderId: string): Promise<unknown[]> =>
    (await system.shop.orderEvents(orderId)).flatMap(({ data }) =>
      data.capture ? [(data.capture as { amount?: number }).amount] : [],
    );

  it('captured in part during a capture by us, which takes the rest and nothing more', async () => {
    const order = await place();
    await captureDuring(order, () =>
      system.sandbox.stripe.paymentIntents.capture(intentOf(order), {
        amount_to_capture: 500,
        final_capture: false,
      }),
    );
    await becomes(order.orderId, 'paid', [PRICE, 0, 0]);
    assert.deepEqual(await atProvider(order.orderId), [PRICE, 0, 0]);
    assert.deepEqual(await capturedBy(order.orderId), [500, PRICE - 500]);
    assert.equal((await system.shop.getOrder(order.orderId)).attention, null);
  });

  it('captured during a capture by us, the rest released: ours is made, and an operator is told of the rest', async () => {
    const order = await place();
    await captureDuring(
      order,
      () => system.sandbox.stripe.paymentIntents.capture(intentOf(order), { amount_to_capture: 1_500 }),
      1_000,
    );
    await becomes(order.orderId, 'paid', [1_500, 0, 0]);
    assert.deepEqual(await atProvider(order.orderId), [1_500, 0, 0]);
    assert.deepEqual(await capturedBy(order.orderId), [1_000, 500]);
    await waitUntilPasses(async () => {
      const { attention } = await system.shop.getOrder(order.orderId);
      assert.match(
        attention?.reason ?? '',
        /^AuthorizationEnded: The authorisation of 9\.00 EUR was released/,
      );
    }, 20_000);
  });

  it('captured there, cancelled here: goes back', async () => {
    const order = await place();
    await system.sandbox.stripe.paymentIntents.capture(intentOf(order), { amount_to_capture: 700 });
    await system.shop.cancelOrder(order.orderId);
    await becomes(order.orderId, 'cancelled', [700, 700, 0]);
    assert.deepEqual(await atProvider(order.orderId), [700, 700, 0]);
  });

  it('refunded in part: becomes a refund of the order with its event and its mail, and limits ours', async () => {
    const order = await place();
    await capture(order.orderId);
    await system.sandbox.stripe.refunds.create({ payment_intent: intentOf(order), amount: 1_000 });
    const after = await becomes(order.orderId, 'paid', [PRICE, 1_000, 0]);
    assert.deepEqual(
      after.refunds.map(({ kind, amount, status }) => [kind, amount, status]),
      [['provider', 1_000, 'succeeded']],
    );
    assert.ok((await typesOf(order.orderId)).includes('partially_refunded'));
    await assert.rejects(system.shop.refundOrder(order.orderId, { amount: 1_500 }, randomUUID()), {
      code: 'refund_exceeds_captured',
    });
    await system.shop.refundOrder(order.orderId, {}, randomUUID());
    await becomes(order.orderId, 'refunded', [PRICE, PRICE, 0]);
    assert.deepEqual(await atProvider(order.orderId), [PRICE, PRICE, 0]);
    await waitFor('the mails of both refunds', async () => {
      const mails = await system.sandbox.mailsOf(order.orderId);
      return mails.filter(({ subject }) => /refund/i.test(subject)).length === 2;
    });
  });

  it('refunded in full: the order is refunded', async () => {
    const order = await place();
    await capture(order.orderId);
    await system.sandbox.stripe.refunds.create({ payment_intent: intentOf(order) });
    await becomes(order.orderId, 'refunded', [PRICE, PRICE, 0]);
  });

  it('refunded in part, which fails after we have refunded the rest: the lines have its money again', async () => {
    const order = await place();
    await capture(order.orderId);
    const part = await system.sandbox.stripe.refunds.create({
      payment_intent: intentOf(order),
      amount: 900,
    });
    await becomes(order.orderId, 'paid', [PRICE, 900, 0]);
    await system.shop.refundOrder(order.orderId, {}, randomUUID());
    await becomes(order.orderId, 'refunded', [PRICE, PRICE, 0]);
    await system.sandbox.post(`/refunds/${part.id}/fail`);
    await becomes(order.orderId, 'paid', [PRICE, PRICE - 900, 0]);
    await waitUntilPasses(async () => {
      assert.match((await system.shop.getOrder(order.orderId)).attention?.reason ?? '', /^RefundReturned/);
      const differences = (await system.shop.audit()) ?? [];
      const found = differences.filter(({ orderId }) => orderId === order.orderId);
      assert.deepEqual(found, []);
    }, 60_000);
    await system.shop.refundOrder(order.orderId, {}, randomUUID());
    const { lines, refunds } = await becomes(order.orderId, 'refunded', [PRICE, PRICE, 0]);
    assert.deepEqual(
      lines.map(({ refunded, refundedAmount }) => [refunded, refundedAmount]),
      [[1, PRICE]],
    );
    assert.deepEqual(refunds.at(-1)?.lines, [{ line: 1, quantity: 0, amount: 900 }]);
    const mails = await waitUntilPasses(async () => {
      const seen = await system.sandbox.mailsOf(order.orderId);
      assert.equal(seen.filter(({ subject }) => /refund/i.test(subject)).length, 3);
      return seen;
    }, 20_000);
    assert.ok(mails.every(({ text }) => !/^ *0 ×/m.test(text)));
  });

  it('released: the order shows that nothing is held, an operator is told, and a capture charges nobody', async () => {
    const order = await place();
    await system.sandbox.stripe.paymentIntents.cancel(intentOf(order));
    await becomes(order.orderId, 'paid', [0, 0, 0]);
    const { attention } = await waitUntilPasses(async () => {
      const seen = await system.shop.getOrder(order.orderId);
      assert.ok(seen.attention);
      return seen;
    }, 20_000);
    assert.match(
      attention?.reason ?? '',
      /^AuthorizationEnded: The authorisation of 24\.00 EUR was released/,
    );
    await assert.rejects(capture(order.orderId), { code: 'not_capturable' });
    assert.deepEqual(await atProvider(order.orderId), [0, 0, 0]);
    await system.shop.cancelOrder(order.orderId);
    await becomes(order.orderId, 'cancelled', [0, 0, 0]);
  });

  it('expired: is made again by a capture', async () => {
    const order = await place();
    await system.sandbox.post(`/payment_intents/${intentOf(order)}/expire`);
    await becomes(order.orderId, 'paid', [0, 0, 0]);
    await capture(order.orderId);
    await becomes(order.orderId, 'paid', [PRICE, 0, 0]);
    assert.deepEqual(await atProvider(order.orderId), [PRICE, 0, 0]);
  });

  it('a hold that appears after the order has ended is released', async () => {
    const order = await place('pm_card_authenticationRequired');
    await system.shop.reaches(order.orderId, 'awaiting_customer');
    const { payment } = await system.shop.getOrder(order.orderId);
    await system.shop.cancelOrder(order.orderId);
    await system.sandbox.post(`/payment_intents/${payment.paymentIntentId ?? ''}/succeed_late`);
    await waitFor('the hold to be released', async () => {
      const [captured, refunded, capturable] = await atProvider(order.orderId);
      return captured === refunded && capturable === 0;
    });
  });

  it('leaves nothing that an audit finds', async () => {
    const order = await place();
    await capture(order.orderId);
    await waitUntilPasses(async () => {
      assert.deepEqual(await system.shop.audit(), []);
    }, 60_000);
  });
});
