import assert from 'node:assert/strict';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { newKey, sending } from '../support/api/requests.ts';
import { line } from '../../harness/orders.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';

describe('a capture, where the shop authorises first', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(await stage.another({}, { capture: 'later' }));
  });
  after(() => stage.close());

  const moneyOf = ({ status, payment }: OrderView) => [
    status,
    payment.status,
    payment.captured,
    payment.capturable,
  ];

  it('is not made at checkout: the order is paid, and its payment authorised', async () => {
    const order = await shop.place();
    assert.deepEqual(moneyOf(order), ['paid', 'authorized', 0, 1_200]);
    assert.equal(order.reservations[0]?.state, 'consumed');
  });

  it('without an amount captures all of it', async () => {
    const { orderId } = await shop.place();
    const { status, order } = await shop.capture(orderId);
    assert.equal(status, 200);
    assert.deepEqual(moneyOf(order), ['paid', 'succeeded', 1_200, 0]);
    assert.equal(stage.provider.paymentOf(orderId).captured, 1_200);
  });

  it('of an amount that the payment provider cannot move is refused by its field', async () => {
    const dinars = { title: 'Lamp', unitPrice: 5_120, currency: 'KWD', onHand: 10 };
    await stage.shop.catalogue.put('lamp', dinars);
    const { orderId } = await shop.place({ currency: 'KWD', lines: [line('lamp', 1)] });
    for (const amount of [1, 5_119]) {
      const { status, problem } = await shop.capture(orderId, { amount });
      assert.deepEqual(
        [status, problem.code, problem.errors?.[0]?.field],
        [400, 'amount_not_chargeable', 'amount'],
      );
    }
    const { order } = await shop.capture(orderId, { amount: 10 });
    assert.deepEqual(moneyOf(order), ['paid', 'authorized', 10, 5_110]);
  });

  it('can be made in parts, the last of which releases the rest', async () => {
    const { orderId } = await shop.place();
    assert.deepEqual(moneyOf((await shop.capture(orderId, { amount: 500 })).order), [
      'paid',
      'authorized',
      500,
      700,
    ]);
    assert.deepEqual(moneyOf((await shop.capture(orderId, { amount: 300 })).order), [
      'paid',
      'authorized',
      800,
      400,
    ]);
    const last = await shop.capture(orderId, { amount: 100, final: true });
    assert.deepEqual(moneyOf(last.order), ['paid', 'succeeded', 900, 0]);
    const captured = (await shop.events(orderId)).filter(({ name }) => name === 'captured');
    assert.equal(captured.length, 3);
    const { captured: taken, capturable } = stage.provider.paymentOf(orderId);
    assert.deepEqual([taken, capturable], [900, 0]);
  });

  it('of more than is authorised is refused, and the problem shows what is left', async () => {
    const { orderId } = await shop.place();
    await shop.capture(orderId, { amount: 1_000 });
    const { status, problem } = await shop.capture(orderId, { amount: 201 });
    assert.deepEqual([status, problem.code, problem.left], [409, 'capture_exceeds_authorized', 200]);
  });

  it('of a tenth, requested twelve times at once, never exceeds what is authorised', async () => {
    const { orderId } = await shop.place();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => shop.capture(orderId, { amount: 120, final: false })),
    );
    assert.ok(answers.filter(({ status }) => status === 200).length <= 10);
    await shop.becomes(orderId, (order) => {
      assert.deepEqual(moneyOf(order), ['paid', 'succeeded', 1_200, 0]);
      assert.equal(order.attention, null);
    });
    assert.equal(stage.provider.paymentOf(orderId).captured, 1_200);
  }).timeout(60_000);

  it('of the rest, requested during partial captures, captures what they leave of the same authorisation', async () => {
    const { orderId, payment } = await shop.place();
    const parts = Array.from({ length: 4 }, () => shop.capture(orderId, { amount: 100, final: false }));
    const answers = await Promise.all([...parts, shop.capture(orderId)]);
    assert.ok(answers.every(({ status }) => [200, 202, 409].includes(status)));
    await shop.becomes(orderId, (order) => {
      assert.deepEqual(moneyOf(order), ['paid', 'succeeded', 1_200, 0]);
      assert.equal(order.payment.paymentIntentId, payment.paymentIntentId);
      assert.equal(order.attention, null);
    });
  }).timeout(60_000);

  it('that is recorded after a later one does not change the later one', async () => {
    const { orderId, payment } = await shop.place();
    const { ledger } = stage.shop;
    const [first, second] = await ledger.beginCapture(
      ['first', 'second'].map((id) => ({
        captureId: `${orderId}/capture/${id}`,
        orderId,
        amount: 400,
        requestHash: 'x',
      })),
    );
    assert.ok(first?.outcome === 'booked' && second?.outcome === 'booked' && payment.paymentIntentId);
    const status = 'succeeded' as const;
    const { captureId } = second;
    await ledger.finishCapture([
      { captureId, orderId, status, payment: { attempt: 1, captured: 800, capturable: 400 } },
    ]);
    await ledger.finishCapture([
      {
        captureId: first.captureId,
        orderId,
        status,
        payment: { attempt: 1, captured: 400, capturable: 800 },
      },
    ]);
    assert.deepEqual(moneyOf(await shop.order(orderId)), ['paid', 'authorized', 800, 400]);
  });

  it('requested twice with one key is one capture; with another body it is refused', async () => {
    const { orderId } = await shop.place();
    const key = newKey();
    const ask = () => shop.capture(orderId, { amount: 500 }, key);
    for (const { status, order } of [...(await Promise.all([ask(), ask()])), await ask()])
      assert.deepEqual([status, ...moneyOf(order)], [200, 'paid', 'authorized', 500, 700]);
    assert.equal(stage.provider.paymentOf(orderId).captured, 500);
    const { status, problem } = await shop.capture(orderId, { amount: 501 }, key);
    assert.deepEqual([status, problem.code], [422, 'idempotency_key_reused']);
  });

  it('without a key is refused, and captures nothing', async () => {
    const { orderId } = await shop.place();
    const response = await stage.app.inject(
      sending('POST', `/v1/orders/${orderId}/capture`, { amount: 100 }),
    );
    assert.deepEqual(
      [response.statusCode, response.json<{ code: string }>().code],
      [400, 'idempotency_key_required'],
    );
    assert.deepEqual(moneyOf(await shop.order(orderId)), ['paid', 'authorized', 0, 1_200]);
  });

  it('of an order that was charged at once, or is not paid, is refused', async () => {
    const atOnce = orderCalls(stage.app);
    const orders = [await atOnce.place(), await shop.place({ payment: { method: 'pm_action' } })];
    const { orderId: cancelled } = await shop.place();
    await shop.cancel(cancelled);
    for (const orderId of [...orders.map((order) => order.orderId), cancelled]) {
      const { status, problem } = await shop.capture(orderId);
      assert.deepEqual([status, problem.code, problem.left], [409, 'not_capturable', 0]);
    }
  });

  it("of an unknown order, or of another client's order, is answered 404", async () => {
    const { orderId } = await shop.place();
    const { status, problem } = await shop.capture('ord_00000000000000000000000000000000');
    assert.deepEqual([status, problem.code], [404, 'order_not_found']);
    const foreign = { clientId: 'somebody-else', orderId, key: newKey(), request: {} };
    await assert.rejects(stage.orders.capture(foreign), { code: 'order_not_found' });
  });

  it('is the limit of a refund', async () => {
    const { orderId } = await shop.place();
    assert.equal((await shop.refund(orderId)).status, 409);
    await shop.capture(orderId, { amount: 500 });
    const { problem } = await shop.refund(orderId, { amount: 501 });
    assert.deepEqual([problem.code, problem.left], ['refund_exceeds_captured', 500]);
    assert.equal((await shop.refund(orderId, { amount: 200 })).status, 200);
    const order = await shop.order(orderId);
    assert.deepEqual([...moneyOf(order), order.payment.refunded], ['paid', 'authorized', 500, 700, 200]);
    assert.equal(order.partiallyRefunded, true);
  });

  it('is not needed for a cancellation: the authorisation is voided, and the stock released', async () => {
    const sku = await stage.shop.item(1, 500);
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 1 }] });
    const { status, order } = await shop.cancel(orderId);
    assert.deepEqual([status, ...moneyOf(order)], [200, 'cancelled', 'cancelled', 0, 0]);
    assert.deepEqual([order.refunds, stage.provider.paymentOf(orderId).state], [[], 'cancelled']);
    assert.deepEqual(await stage.shop.stock(sku), { available: 1, held: 0, sold: 0 });
  });

  it('of a part is refunded at a cancellation, and the rest of the authorisation voided', async () => {
    const { orderId } = await shop.place();
    await shop.capture(orderId, { amount: 500 });
    const { status, order } = await shop.cancel(orderId);
    assert.deepEqual([status, ...moneyOf(order)], [200, 'cancelled', 'refunded', 500, 0]);
    assert.equal(order.payment.refunded, 500);
    const { captured, refunded, capturable } = stage.provider.paymentOf(orderId);
    assert.deepEqual([captured, refunded, capturable], [500, 500, 0]);
  });

  describe('where somebody else captures in the dashboard meanwhile', () => {
    const capturedOf = async (orderId: string) =>
      (await shop.events(orderId))
        .filter(({ name }) => name === 'captured')
        .map(({ data }) => (data.capture as { amount?: number } | undefined)?.amount);

    it('takes what is left, and nobody is charged twice', async () => {
      const { orderId } = await shop.place();
      stage.provider.captureElsewhere(orderId, 500);
      const { status, order } = await shop.capture(orderId);
      assert.deepEqual([status, ...moneyOf(order)], [200, 'paid', 'succeeded', 1_200, 0]);
      assert.equal(order.attention, null);
      assert.deepEqual(await capturedOf(orderId), [500, 700]);
      assert.equal(stage.provider.paymentOf(orderId).captured, 1_200);
    });

    it('of a part takes no more in all than was asked for', async () => {
      const { orderId } = await shop.place();
      stage.provider.captureElsewhere(orderId, 500);
      const { status, order } = await shop.capture(orderId, { amount: 1_000 });
      assert.deepEqual([status, ...moneyOf(order)], [200, 'paid', 'authorized', 1_000, 200]);
      assert.deepEqual(await capturedOf(orderId), [500, 500]);
      const { captured, capturable } = stage.provider.paymentOf(orderId);
      assert.deepEqual([captured, capturable], [1_000, 200]);
    });

    it('is made where as much was captured there, whether or not the rest is still held', async () => {
      for (const final of [false, true]) {
        const { orderId } = await shop.place();
        stage.provider.captureElsewhere(orderId, 900, final);
        const { status, order } = await shop.capture(orderId, { amount: 800, final: false });
        assert.deepEqual([status, order.payment.captured], [200, 900]);
        assert.deepEqual(await capturedOf(orderId), [800, 100]);
        await shop.becomes(orderId, (now) => {
          assert.equal(now.attention?.step, final ? `checkPayment pi_${orderId}` : undefined);
        });
      }
    });

    it('of a part, and releases the rest: that is recorded, and an operator has to decide', async () => {
      const { orderId } = await shop.place();
      stage.provider.captureElsewhere(orderId, 500, true);
      assert.equal((await shop.capture(orderId)).status, 202);
      const waiting = await shop.order(orderId);
      assert.equal(waiting.attention?.step, 'capturePayment');
      assert.deepEqual(moneyOf(waiting), ['paid', 'succeeded', 500, 0]);
      await shop.resolveAttention(orderId, { action: 'skip' });
      const { attention, payment } = await shop.becomes(orderId, (order) => {
        assert.equal(order.attention, null);
      });
      assert.deepEqual([attention, payment.captured], [null, 500]);
      assert.deepEqual(await capturedOf(orderId), [500]);
    });
  }).timeout(60_000);

  it('that an operator has made by other means counts as captured', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_capture_refused' } });
    assert.equal((await shop.capture(orderId)).status, 202);
    assert.equal((await shop.order(orderId)).attention?.step, 'capturePayment');
    await shop.resolveAttention(orderId, { action: 'resolve', note: 'taken in the dashboard' });
    await shop.becomes(orderId, (order) => {
      assert.deepEqual(moneyOf(order), ['paid', 'succeeded', 1_200, 0]);
    });
  }).timeout(60_000);
});
