import assert from 'node:assert/strict';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, problemOf } from '../support/api/requests.ts';
import { delivering, eventOf, intentOf } from '../support/api/stripe-events.ts';

describe('a payment for an order that has ended without it', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  let deliver: (type: string, orderId: string) => Promise<{ status: number; code: string | undefined }>;
  let unknownOrders: () => Promise<number | undefined>;
  let lines: Record<string, unknown>[];
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
  });
  beforeEach(async () => {
    lines = [];
    const write = (line: string): void => {
      lines.push(JSON.parse(line) as Record<string, unknown>);
    };
    const app = await stage.another(
      { logger: createLogger({ level: 'warn', destination: { write } }) },
      { paymentDeadlineMs: 1_000 },
    );
    shop = orderCalls(app);
    unknownOrders = async () =>
      (await app.inject(getting('/v1/stats'))).json<StatsView>().paymentEvents?.unknownOrder;
    deliver = async (type, orderId) => {
      const answer = await app.inject(delivering(eventOf(type, intentOf(orderId))));
      return { status: answer.statusCode, code: problemOf(answer).code };
    };
  });
  after(() => stage.close());

  /** An order whose customer authenticates only after its end. */
  async function paidTooLate(end: 'expired' | 'cancelled'): Promise<string> {
    const { orderId } = await shop.place({ payment: { method: 'pm_action' } });
    if (end === 'cancelled') await shop.cancel(orderId);
    await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, end);
    });
    stage.provider.authenticate(orderId);
    return orderId;
  }

  for (const end of ['expired', 'cancelled'] as const) {
    it(`is refunded once where the order is ${end}, however many events arrive`, async () => {
      const orderId = await paidTooLate(end);
      const tell = () => deliver('payment_intent.succeeded', orderId);
      for (const { status } of [...(await Promise.all([tell(), tell()])), await tell()])
        assert.equal(status, 200);
      const order = await shop.becomes(orderId, ({ payment }) => {
        assert.deepEqual([payment.status, payment.captured, payment.refunded], ['refunded', 1_200, 1_200]);
      });
      assert.deepEqual([order.status, order.attention, order.partiallyRefunded], [end, null, false]);
      assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
      assert.equal((await tell()).status, 200);
      const late = (await shop.events(orderId)).filter(({ name }) => name === 'late_payment_refunded');
      assert.deepEqual(
        late.map(({ data }) => data['refund']),
        [{ paymentIntentId: `pi_${orderId}`, amount: 1_200 }],
      );
    });
  }

  it('is logged', async () => {
    const orderId = await paidTooLate('expired');
    await deliver('payment_intent.succeeded', orderId);
    assert.deepEqual(
      lines.map(({ msg, orderId: of, status }) => [msg, of, status]),
      [['the order service received a payment for an order that has ended without it', orderId, 'expired']],
    );
  });

  it('that the provider does not refund waits for an operator', async () => {
    const orderId = await paidTooLate('expired');
    stage.provider.refuseRefunds(orderId);
    await deliver('payment_intent.succeeded', orderId);
    await shop.becomes(orderId, ({ status, attention }) => {
      assert.deepEqual([status, attention?.step], ['expired', 'refundPayment']);
    });
    stage.provider.heal(orderId);
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry' })).status, 200);
    await shop.becomes(orderId, ({ payment, attention }) => {
      assert.deepEqual([payment.refunded, attention], [1_200, null]);
    });
  });

  it('that an operator decides to keep is not shown as refunded', async () => {
    const orderId = await paidTooLate('expired');
    stage.provider.refuseRefunds(orderId);
    await deliver('payment_intent.succeeded', orderId);
    await shop.becomes(orderId, ({ attention }) => {
      assert.equal(attention?.step, 'refundPayment');
    });
    await shop.resolveAttention(orderId, { action: 'skip', note: 'agreed with the customer' });
    const { payment } = await shop.becomes(orderId, (now) => {
      assert.deepEqual([now.attention, now.payment.captured], [null, 1_200]);
    });
    assert.deepEqual([payment.status, payment.refunded], ['succeeded', 0]);
    const events = (await shop.events(orderId)).map(({ name }) => name);
    assert.ok(!events.includes('late_payment_refunded'));
  });

  it('that an operator has refunded by other means is shown as refunded', async () => {
    const orderId = await paidTooLate('expired');
    stage.provider.refuseRefunds(orderId);
    await deliver('payment_intent.succeeded', orderId);
    await shop.becomes(orderId, ({ attention }) => {
      assert.equal(attention?.step, 'refundPayment');
    });
    await shop.resolveAttention(orderId, { action: 'resolve' });
    await shop.becomes(orderId, ({ payment }) => {
      assert.deepEqual([payment.status, payment.refunded], ['refunded', 1_200]);
    });
    const { rows } = await stage.shop.pool.query<{ settled_by_hand: string | null }>(
      'select settled_by_hand from payments where order_id = $1',
      [orderId],
    );
    assert.deepEqual(rows, [{ settled_by_hand: 'resolve' }]);
  });

  it('that a false event claims is not refunded', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_action' } });
    await shop.cancel(orderId);
    assert.equal((await deliver('payment_intent.succeeded', orderId)).status, 200);
    assert.deepEqual((await shop.events(orderId)).at(-1)?.name, 'cancelled');
    assert.equal((await shop.order(orderId)).payment.captured, 0);
  });

  it('for an unknown order is accepted, counted and logged, so that Stripe does not send it for days', async () => {
    const orderId = 'ord_00000000000000000000000000000000';
    assert.equal(await unknownOrders(), 0);
    assert.equal((await deliver('payment_intent.succeeded', orderId)).status, 200);
    assert.equal(await unknownOrders(), 1);
    assert.deepEqual(
      lines.map(({ level, msg, orderId: of }) => [level, msg, of]),
      [['warn', 'the order service ignored a payment event of an unknown order', orderId]],
    );
  });
});
