import assert from 'node:assert/strict';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey } from '../support/api/requests.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('a step that waits for an operator', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  /** An order whose refund was refused by the provider. */
  async function parked(amount = 500): Promise<string> {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    const { status, refund } = await shop.refund(orderId, { amount });
    assert.deepEqual([status, refund.status], [202, 'pending']);
    return orderId;
  }

  const cleared = (orderId: string): Promise<OrderView> =>
    shop.becomes(orderId, ({ attention }) => {
      assert.equal(attention, null);
    });

  it('is shown with its order: the step, the reason, the attempts, the time and the possible actions', async () => {
    const orderId = await parked();
    const { status, attention } = await shop.order(orderId);
    assert.equal(status, 'paid');
    assert.ok(attention);
    const { since, ...shown } = attention;
    assert.deepEqual(shown, {
      step: 'refundPayment',
      reason: 'RefundRefused: The payment provider refuses the refund (charge_disputed)',
      attempts: shown.attempts,
      actions: ['retry', 'skip', 'resolve'],
    });
    assert.ok(attention.attempts >= 1);
    assert.ok(Math.abs(Date.now() - Date.parse(since)) < 30_000, since);
  });

  it('is retried for some seconds before it waits, when the provider only fails', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_fault' } });
    const key = newKey();
    assert.equal((await shop.refund(orderId, {}, key)).status, 202);
    await shop.becomes(orderId, ({ attention }) => {
      assert.ok(attention && attention.attempts >= 10);
      assert.match(attention.reason, /^PaymentUnknown: /);
    });
    stage.provider.heal(orderId);
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry' })).status, 200);
    await shop.becomes(orderId, ({ refunds }) => {
      assert.equal(refunds[0]?.status, 'succeeded');
    });
    const { status, refund } = await shop.refund(orderId, {}, key);
    assert.deepEqual([status, refund.status], [200, 'succeeded']);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_200);
  }).timeout(90_000);

  it('counts in the statistics, and the list can filter its order', async () => {
    const orderId = await parked();
    const stats = await stage.app.inject(getting('/v1/stats'));
    assert.ok(stats.json<StatsView>().parked >= 1);
    const ids = async (query: string): Promise<string[]> => {
      const answer = await stage.app.inject(getting(`/v1/orders?limit=100&${query}`));
      assert.equal(answer.statusCode, 200, answer.body);
      return answer.json<{ data: OrderView[] }>().data.map((order) => order.orderId);
    };
    const { orderId: sound } = await shop.place();
    const [waiting, others] = [await ids('attention=true'), await ids('attention=false')];
    assert.deepEqual([waiting.includes(orderId), waiting.includes(sound)], [true, false]);
    assert.deepEqual([others.includes(orderId), others.includes(sound)], [false, true]);
    assert.ok(!(await ids('attention=true&status=expired')).includes(orderId));
  });

  it('runs again at a retry once the cause is gone, and takes effect once', async () => {
    const orderId = await parked();
    stage.provider.heal(orderId);
    const first = await shop.resolveAttention(orderId, { action: 'retry', note: 'the dispute is closed' });
    assert.deepEqual([first.status, first.order.attention], [200, null]);
    const again = await shop.resolveAttention(orderId, { action: 'retry', note: 'the dispute is closed' });
    assert.equal(again.status, 200);
    assert.deepEqual(again.order, await shop.order(orderId));
    const { payment, refunds } = again.order;
    assert.deepEqual([refunds[0]?.status, payment.refunded], ['succeeded', 500]);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
    const events = (await shop.events(orderId)).map(({ name }) => name).slice(3);
    assert.deepEqual(events, [
      'refund_requested',
      'attention_raised',
      'attention_retry',
      'attention_cleared',
      'partially_refunded',
    ]);
  });

  it('names what somebody has refunded at the provider meanwhile, and refunds nothing twice', async () => {
    const orderId = await parked();
    stage.provider.refundInDashboard(orderId, 500);
    stage.provider.heal(orderId);
    const order = await shop.becomes(orderId, ({ attention }) => {
      assert.match(attention?.reason ?? '', /^RefundMadeElsewhere: 500 cents /);
    });
    assert.deepEqual([order.payment.refunded, order.attention?.actions], [500, ['retry', 'skip', 'resolve']]);
    await shop.resolveAttention(orderId, { action: 'resolve', note: 'made in the dashboard' });
    const { payment } = await shop.becomes(orderId, ({ refunds, attention }) => {
      assert.equal(attention, null);
      assert.deepEqual(
        refunds.map(({ status, amount }) => [status, amount]),
        [
          ['skipped', 500],
          ['succeeded', 500],
        ],
      );
    });
    assert.equal(payment.refunded, 500);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
  });

  it('is made beside what somebody has refunded at the provider, if an operator was told of that and asks for it', async () => {
    const orderId = await parked();
    stage.provider.refundInDashboard(orderId, 500);
    stage.provider.heal(orderId);
    const told = await shop.resolveAttention(orderId, { action: 'retry' });
    assert.match(told.order.attention?.reason ?? '', /^RefundMadeElsewhere/);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
    await shop.resolveAttention(orderId, { action: 'retry' });
    await shop.becomes(orderId, ({ payment, attention }) => {
      assert.deepEqual([payment.refunded, attention], [1_000, null]);
    });
    assert.equal(stage.provider.paymentOf(orderId).refunded, 1_000);
  });

  it('stays after a retry that fails again, and can be retried again', async () => {
    const orderId = await parked();
    for (let time = 0; time < 2; time += 1) {
      const { status, order } = await shop.resolveAttention(orderId, { action: 'retry' });
      assert.deepEqual([status, order.attention?.step], [200, 'refundPayment']);
    }
    assert.equal(stage.provider.paymentOf(orderId).refunded, 0);
  });

  it('that is skipped moves no money, and the order stays paid', async () => {
    const orderId = await parked();
    const note = 'the customer keeps the goods';
    const first = await shop.resolveAttention(orderId, { action: 'skip', note });
    assert.equal(first.status, 200);
    const { status, payment, refunds, partiallyRefunded } = await shop.becomes(orderId, (now) => {
      assert.deepEqual([now.refunds[0]?.status, now.attention], ['skipped', null]);
    });
    assert.deepEqual([status, payment.refunded, partiallyRefunded], ['paid', 0, false]);
    assert.equal(refunds[0]?.amount, 500);
    const again = await shop.resolveAttention(orderId, { action: 'skip', note });
    assert.deepEqual([again.status, again.order.refunds], [200, refunds]);
    const events = await shop.events(orderId);
    assert.deepEqual(events.find(({ name }) => name === 'attention_skip')?.data['attention'], {
      step: 'refundPayment',
      note,
    });
    assert.equal(events.at(-1)?.name, 'refund_skipped');
    assert.deepEqual((await shop.mails(orderId)).sort(), ['created', 'paid']);
  });

  it('that is skipped while it is being tried stays skipped when that fails too', async () => {
    const orderId = await parked();
    const refunds = stage.provider.holdRefunds(orderId);
    await waitUntilPasses(() => {
      assert.equal(refunds.waiting(), 1);
    });
    assert.equal((await shop.resolveAttention(orderId, { action: 'skip' })).status, 200);
    refunds.open();
    await shop.becomes(orderId, (now) => {
      assert.equal(now.refunds[0]?.status, 'skipped');
    });
    assert.equal((await shop.order(orderId)).attention, null);
  });

  it('that is skipped leaves its amount to another refund', async () => {
    const orderId = await parked(1_200);
    assert.equal((await shop.refund(orderId, { amount: 1 })).problem.code, 'refund_exceeds_captured');
    await shop.resolveAttention(orderId, { action: 'skip' });
    await cleared(orderId);
    stage.provider.heal(orderId);
    await shop.becomes(orderId, ({ refunds }) => {
      assert.equal(refunds[0]?.status, 'skipped');
    });
    assert.equal((await shop.refund(orderId, { amount: 1_200 })).status, 200);
  });

  it('that was done by other means is resolved: the amount counts as refunded, and the note is kept', async () => {
    const orderId = await parked(1_200);
    const note = 'bank transfer 4711';
    assert.equal((await shop.resolveAttention(orderId, { action: 'resolve', note })).status, 200);
    const order = await shop.becomes(orderId, (now) => {
      assert.deepEqual([now.status, now.refunds[0]?.status], ['refunded', 'resolved']);
    });
    assert.deepEqual([order.payment.refunded, order.attention], [1_200, null]);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 0);
    const again = await shop.resolveAttention(orderId, { action: 'resolve', note });
    assert.deepEqual([again.status, again.order.status], [200, 'refunded']);
    const resolved = (await shop.events(orderId)).filter(({ name }) => name === 'attention_resolve');
    assert.deepEqual(
      resolved.map(({ data }) => data['attention']),
      [{ step: 'refundPayment', note }],
    );
  });

  it('takes one action: another one afterwards is refused', async () => {
    const orderId = await parked();
    await shop.resolveAttention(orderId, { action: 'skip' });
    await cleared(orderId);
    const { status, problem } = await shop.resolveAttention(orderId, { action: 'resolve' });
    assert.deepEqual([status, problem.code, problem.orderStatus], [409, 'no_attention_needed', 'paid']);
  });

  it('is chosen by its name among others; without a name it is the oldest', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    for (const amount of [100, 200]) assert.equal((await shop.refund(orderId, { amount })).status, 202);
    const unknown = await shop.resolveAttention(orderId, { action: 'skip', step: 'voidPayment' });
    assert.deepEqual([unknown.status, unknown.problem.code], [409, 'no_attention_needed']);
    await shop.resolveAttention(orderId, { action: 'skip' });
    await shop.becomes(orderId, ({ refunds }) => {
      assert.deepEqual(
        refunds.map(({ status }) => status),
        ['skipped', 'pending'],
      );
    });
    await shop.resolveAttention(orderId, { action: 'skip', step: 'refundPayment' });
    const order = await cleared(orderId);
    assert.equal(order.payment.refunded, 0);
  });

  it('that the workflow cannot go on without takes a retry only', async () => {
    const { orderId } = await shop.place();
    await stage.shop.pool.query('alter table refunds add constraint refused check (amount <> 77)');
    const asked = await shop.refund(orderId, { amount: 77 });
    assert.deepEqual([asked.status, asked.problem.code], [503, 'unavailable']);
    const { attention } = await shop.order(orderId);
    assert.deepEqual([attention?.step, attention?.actions], ['beginRefund', ['retry']]);
    const { status, problem } = await shop.resolveAttention(orderId, { action: 'skip' });
    assert.deepEqual([status, problem.code], [409, 'action_not_possible']);
    assert.deepEqual([problem.step, problem.actions], ['beginRefund', ['retry']]);
    await stage.shop.pool.query('alter table refunds drop constraint refused');
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry' })).status, 200);
    await shop.becomes(orderId, (now) => {
      assert.deepEqual([now.payment.refunded, now.attention], [77, null]);
    });
  }).timeout(60_000);

  it('does not exist for an order that needs no attention', async () => {
    const { orderId } = await shop.place();
    const { status, problem } = await shop.resolveAttention(orderId, { action: 'retry' });
    assert.deepEqual([status, problem.code, problem.orderStatus], [409, 'no_attention_needed', 'paid']);
    const unknown = await shop.resolveAttention('ord_00000000000000000000000000000000', { action: 'retry' });
    assert.deepEqual([unknown.status, unknown.problem.code], [404, 'order_not_found']);
  });

  it('cannot be resolved by another client', async () => {
    const orderId = await parked();
    await assert.rejects(
      stage.orders.resolveAttention({ clientId: 'somebody-else', orderId, action: 'skip' }),
      {
        code: 'order_not_found',
      },
    );
    assert.equal((await shop.order(orderId)).attention?.step, 'refundPayment');
  });
});
