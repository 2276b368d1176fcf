import assert from 'node:assert/strict';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import type { ProviderDispute } from '../../src/contracts/temporal/disputes.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, problemOf } from '../support/api/requests.ts';
import { delivering } from '../support/api/stripe-events.ts';

describe('a dispute of a payment', () => {
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  /** Delivers an event about the order's dispute, with a dispute as it never was: the event is a hint only. */
  async function deliver(name: string, orderId: string): Promise<number> {
    const object = {
      id: 'du_1',
      object: 'dispute',
      status: 'lost',
      amount: 1,
      payment_intent: `pi_${orderId}`,
    };
    const event = { id: 'evt_1', object: 'event', type: `charge.dispute.${name}`, data: { object } };
    return (await stage.app.inject(delivering(JSON.stringify(event)))).statusCode;
  }

  async function disputed(changes: Partial<ProviderDispute> = {}): Promise<string> {
    const { orderId } = await shop.place();
    stage.provider.dispute(orderId, changes);
    assert.equal(await deliver('created', orderId), 200);
    await shop.becomes(orderId, ({ disputes }) => {
      assert.equal(disputes.length, 1);
    });
    return orderId;
  }

  it('is on the order, which needs attention until evidence is submitted', async () => {
    const orderId = await disputed();
    const { disputes, payment, attention } = await shop.order(orderId);
    assert.deepEqual(
      [disputes[0]?.status, disputes[0]?.amount, payment.disputed],
      ['needs_response', 1_200, 1_200],
    );
    assert.deepEqual(
      [attention?.step, attention?.deadline],
      ['respondToDispute', '2030-01-01T00:00:00.000Z'],
    );
    stage.provider.dispute(orderId, { status: 'under_review' });
    await deliver('updated', orderId);
    await shop.becomes(orderId, (order) => {
      assert.deepEqual([order.attention, order.disputes[0]?.status], [null, 'under_review']);
    });
  });

  it('is recorded once, however often and in whichever sequence its events arrive', async () => {
    const orderId = await disputed();
    stage.provider.dispute(orderId, { status: 'lost' });
    const names = ['closed', 'updated', 'funds_withdrawn', 'created', 'closed', 'created'];
    assert.deepEqual(
      await Promise.all(names.map((name) => deliver(name, orderId))),
      names.map(() => 200),
    );
    await shop.becomes(orderId, ({ disputes }) => {
      assert.equal(disputes[0]?.outcome, 'lost');
    });
    for (const name of names) await deliver(name, orderId);
    const events = (await shop.events(orderId)).map(({ name }) => name).slice(3);
    assert.deepEqual(events, ['dispute_created', 'attention_raised', 'dispute_closed', 'attention_cleared']);
  });

  it('refuses refunds until it is won', async () => {
    const orderId = await disputed();
    for (const status of ['needs_response', 'lost'] as const) {
      stage.provider.dispute(orderId, { status });
      await deliver('updated', orderId);
      await shop.becomes(orderId, ({ disputes }) => {
        assert.equal(disputes[0]?.status, status);
      });
      const { status: answer, problem } = await shop.refund(orderId, { amount: 100 });
      assert.deepEqual([answer, problem.code, problem.disputeId], [409, 'payment_disputed', `du_${orderId}`]);
    }
    stage.provider.dispute(orderId, { status: 'won', fundsWithdrawn: false });
    await deliver('closed', orderId);
    await shop.becomes(orderId, ({ disputes, payment }) => {
      assert.deepEqual([disputes[0]?.outcome, payment.disputed], ['won', 0]);
    });
    const { status, refund } = await shop.refund(orderId, { amount: 100 });
    assert.deepEqual([status, refund.amount], [200, 100]);
  });

  it('refuses the cancellation until it is decided; what it has taken is not refunded once more', async () => {
    const orderId = await disputed();
    const refused = await shop.cancel(orderId);
    assert.deepEqual(
      [refused.status, refused.problem.code, refused.problem.disputeId],
      [409, 'payment_disputed', `du_${orderId}`],
    );
    const lines = await shop.cancelLines(orderId, [{ line: 1, quantity: 1 }]);
    assert.deepEqual([lines.status, lines.problem.code], [409, 'payment_disputed']);
    assert.equal((await shop.order(orderId)).status, 'paid');
    stage.provider.dispute(orderId, { status: 'lost' });
    await deliver('closed', orderId);
    await shop.becomes(orderId, ({ disputes }) => {
      assert.equal(disputes[0]?.outcome, 'lost');
    });
    const cancelled = await shop.cancel(orderId);
    assert.deepEqual(
      [cancelled.status, cancelled.order.status],
      [200, 'cancelled'],
      JSON.stringify(cancelled),
    );
    const { payment } = await shop.order(orderId);
    assert.deepEqual([payment.captured, payment.refunded, payment.disputed], [1_200, 0, 1_200]);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 0);
  });

  it('is read again when an operator asks for it, as after a lost webhook', async () => {
    const orderId = await disputed();
    stage.provider.dispute(orderId, { status: 'won', fundsWithdrawn: false });
    const note = 'the webhook was off';
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry', note })).status, 200);
    const { disputes, attention } = await shop.order(orderId);
    assert.deepEqual([disputes[0]?.outcome, attention], ['won', null]);
    const retried = (await shop.events(orderId)).find(({ name }) => name === 'attention_retry');
    assert.deepEqual(retried?.data['attention'], { step: 'respondToDispute', note });
    const skipped = await shop.resolveAttention(await disputed(), { action: 'skip' });
    assert.deepEqual([skipped.status, skipped.problem.code], [409, 'action_not_possible']);
  });

  it('of a payment that is not recorded yet is found by the order that the provider has', async () => {
    const { orderId } = await shop.place();
    stage.provider.dispute(orderId);
    const paymentIntentId = `pi_${orderId}`;
    await stage.shop.pool.query('update payments set payment_intent_id = null where order_id = $1', [
      orderId,
    ]);
    await deliver('created', orderId);
    await shop.becomes(orderId, ({ disputes }) => {
      assert.equal(disputes[0]?.paymentIntentId, paymentIntentId);
    });
  });

  it('of another system, or of no payment, is accepted and ignored', async () => {
    assert.equal(await deliver('created', 'their-order'), 200);
    const event = {
      id: 'e',
      object: 'event',
      type: 'charge.dispute.created',
      data: { object: { id: 'du_1' } },
    };
    assert.equal((await stage.app.inject(delivering(JSON.stringify(event)))).statusCode, 200);
  });

  it('is in the list, which has pages and filters, and in the statistics', async () => {
    const first = await disputed({
      evidenceDueAt: '2029-01-01T00:00:00.000Z',
      openedAt: '2031-01-01T00:00:00.000Z',
    });
    const second = await disputed({ status: 'under_review', openedAt: '2031-01-02T00:00:00.000Z' });
    const list = async (query: string) =>
      (await stage.app.inject(getting(`/v1/disputes${query}`))).json<{
        data: DisputeView[];
        nextCursor?: string;
      }>();
    const page = await list('?limit=1');
    assert.deepEqual(
      page.data.map(({ orderId }) => orderId),
      [second],
    );
    const next = await list(`?limit=1&cursor=${page.nextCursor ?? ''}`);
    assert.deepEqual(
      next.data.map(({ orderId }) => orderId),
      [first],
    );
    const due = await list('?dueBefore=2029-06-01T00:00:00Z');
    assert.deepEqual(
      due.data.map(({ orderId }) => orderId),
      [first],
    );
    assert.ok((await list('?status=under_review')).data.some(({ orderId }) => orderId === second));
    for (const query of ['?status=unknown', '?dueBefore=tomorrow', '?cursor=nonsense', '?limit=0'])
      assert.equal(
        problemOf(await stage.app.inject(getting(`/v1/disputes${query}`))).code,
        'invalid_request',
      );
    const { disputes } = (await stage.app.inject(getting('/v1/stats'))).json<StatsView>();
    assert.ok(disputes.open >= disputes.needResponse && disputes.needResponse > 0);
    assert.equal(disputes.nextDueAt, '2029-01-01T00:00:00.000Z');
  });
});
