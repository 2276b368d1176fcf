import assert from 'node:assert/strict';
import type { OutboundMessage } from '../../src/contracts/ports/broker.ts';
import type { FeedEvent } from '../../src/contracts/ports/event-destination.ts';
import { brokerDestination } from '../../src/relay/broker-destination.ts';
import { toCloudEvent } from '../../src/domain/cloud-event.ts';
import { createReplayFeed } from '../../src/relay/replay-feed.ts';
import { startRelay } from '../../src/relay/relay.ts';
import { toldOf } from '../../src/domain/public-event-fields.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { authorizedOrder, paidOrder, reservedOrder } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

interface Told {
  subject: string;
  sequence: number;
  data: Record<string, unknown>;
}

describe('what an event tells outside', () => {
  it('is codes, ids, times and numbers', () => {
    const data = {
      status: 'in_review',
      total: 1_000,
      currency: 'EUR',
      review: { reasons: ['total_above_limit'], deadline: '2026-01-01T00:00:00.000Z' },
    };
    assert.deepEqual(toldOf({ data }), data);
    for (const reason of ['card_declined', 'out_of_stock:mug-01'])
      assert.equal(toldOf({ data: { status: 'payment_failed', reason } })['reason'], reason);
  });

  it('is nothing that somebody typed, wherever it stands', () => {
    const note = 'call Ada';
    const data = {
      status: 'paid',
      note,
      review: { decision: 'approve', note },
      refund: { amount: 1, reason: note },
      capture: { amount: 1, note },
      attention: { step: 'refundPayment', note },
      lines: [{ sku: 'mug-01', note }],
      unheardOf: { note },
    };
    assert.deepEqual(toldOf({ data }), {
      status: 'paid',
      review: { decision: 'approve' },
      refund: { amount: 1 },
      capture: { amount: 1 },
      attention: { step: 'refundPayment' },
      lines: [{ sku: 'mug-01' }],
    });
    assert.deepEqual(toldOf({ data: { status: 'cancelled', reason: note } }), { status: 'cancelled' });
  });

  it('is nothing of a member that is not what it should be', () => {
    assert.deepEqual(toldOf({ data: { review: 'call Ada', lines: ['call Ada'] } }), {
      review: undefined,
      lines: [undefined],
    });
  });
});

describe('the events of a shop whose people have typed', function () {
  this.timeout(60_000);
  const WORDS = 'Ada moved to 1 High St';
  let shop: Shop;
  let orderIds: string[];

  before(async () => {
    shop = await openShop();
    orderIds = await typedOrders(shop, WORDS);
  });
  after(() => shop.close());

  /** All of the shop's, as they are stored. */
  async function stored(): Promise<Map<string, Record<string, unknown>>> {
    const events = new Map<string, Record<string, unknown>>();
    for (const orderId of orderIds)
      for (const { sequence, data } of await shop.reader.events(orderId))
        events.set(`${orderId}/${sequence}`, data);
    return events;
  }

  /** Each event as it is stored, but for notes; and the words of nobody. */
  async function check(told: readonly Told[]): Promise<void> {
    const events = await stored();
    assert.match(JSON.stringify([...events.values()]), /Ada/, 'the shop itself keeps what was typed');
    assert.doesNotMatch(JSON.stringify(told), /Ada|High St|note/);
    for (const { subject, sequence, data } of told) {
      const kept = structuredClone(events.get(`${subject}/${sequence}`)) ?? {};
      const attention = kept['attention'] as { note?: string } | undefined;
      if (attention) delete attention.note;
      assert.deepEqual(data, kept, `${subject}/${sequence}`);
      events.delete(`${subject}/${sequence}`);
    }
    assert.deepEqual([...events.keys()], [], 'all of them are told');
  }

  it('tell all but that by a broker', async () => {
    const messages: OutboundMessage[] = [];
    const destination = brokerDestination({
      name: 'rabbitmq',
      publish(some) {
        messages.push(...some);
        return Promise.resolve();
      },
      consume: () => Promise.resolve(),
      pause: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    const open = () => Promise.resolve(destination);
    const plan = { name: 'told', open };
    const relay = startRelay({ databaseUrl: shop.url, destinations: [plan], start: 'beginning', logger });
    try {
      const { size } = await stored();
      await waitUntilPasses(() => {
        assert.equal(messages.length, size);
      });
    } finally {
      await relay.stop();
    }
    await check(messages.map(({ body }) => JSON.parse(body.toString()) as Told));
  });

  it('tell all but that to who asks for what was missed', async () => {
    const { size } = await stored();
    const page = await waitUntilPasses(async () => {
      const answer = await createReplayFeed(shop.pool)({ after: '', limit: 1_000 });
      assert.ok('events' in answer);
      assert.equal(answer.events.length, size);
      return answer;
    });
    await check(page.events as Told[]);
  });

  it('have their place, their order and their time beside it', () => {
    const event: FeedEvent = {
      cursor: '1.2',
      orderId: 'ord_1',
      sequence: 3,
      type: 'com.durable-checkout.order.attention_skip.v1',
      data: { attention: { step: 'notify', note: WORDS } },
      occurredAt: new Date(0),
    };
    assert.deepEqual(toCloudEvent(event), {
      specversion: '1.0',
      id: 'ord_1/3',
      source: '/durable-checkout',
      type: event.type,
      subject: 'ord_1',
      time: '1970-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      sequence: 3,
      partitionkey: 'ord_1',
      cursor: '1.2',
      data: { attention: { step: 'notify' } },
    });
  });
});

/** An order of each way in which somebody can say something of it. */
async function typedOrders(shop: Shop, words: string): Promise<string[]> {
  const { ledger } = shop;

  const reviewed = await reservedOrder(shop);
  const { orderId } = reviewed;
  await ledger.recordReview([
    { orderId, event: 'in_review', status: 'in_review', reasons: ['total_above_limit'], deadlineMs: 1_000 },
  ]);
  await ledger.recordReview([
    { orderId, event: 'review_approved', status: 'reserved', decision: 'approve', note: words },
  ]);
  await ledger.release([{ orderId, order: reviewed.order, status: 'cancelled', reason: words }]);

  const declined = await reservedOrder(shop);
  await ledger.release([
    { orderId: declined.orderId, order: declined.order, status: 'payment_failed', reason: 'card_declined' },
  ]);

  const refunded = await paidOrder(shop);
  const refundId = `${refunded.orderId}/refund/1`;
  await ledger.beginRefund([
    { refundId, orderId: refunded.orderId, amount: 10, reason: words, requestHash: 'a' },
  ]);
  const step = { orderId: refunded.orderId, workflowId: `order/${refundId}`, step: 'refundPayment' };
  await ledger.park([
    { ...step, reason: 'RefundRefused: charge_disputed', attempts: 1, actions: ['retry', 'skip'] },
  ]);
  await ledger.attend([{ ...step, action: 'retry', note: words }]);
  await ledger.attend([{ ...step, action: 'skip', note: words }]);
  await ledger.finishRefund([{ refundId, orderId: refunded.orderId, status: 'skipped' }]);

  const captured = await authorizedOrder(shop);
  const captureId = `${captured.orderId}/capture/1`;
  await ledger.beginCapture([{ captureId, orderId: captured.orderId, requestHash: 'a' }]);
  await ledger.finishCapture([
    {
      captureId,
      orderId: captured.orderId,
      status: 'succeeded',
      payment: { attempt: 1, captured: 1_000, capturable: 0 },
    },
  ]);
  await ledger.beginCancellation([{ orderId: captured.orderId, reason: words }]);
  await ledger.finishCancellation([{ orderId: captured.orderId, reason: words, refund: 'succeeded' }]);
  await ledger.recordLatePayment([
    { orderId: captured.orderId, paymentIntentId: 'pi_late', captured: 5, refunded: 5 },
  ]);
  await ledger.finishReturnedRefund([
    {
      orderId: captured.orderId,
      paymentIntentId: captured.paymentIntentId,
      providerRefundId: 're_1',
      status: 'resolved',
    },
  ]);

  return [reviewed, declined, refunded, captured].map((each) => each.orderId);
}
