import assert from 'node:assert/strict';
import type { Actor } from '../../src/contracts/actor.ts';
import type { OutboundMessage } from '../../src/contracts/ports/broker.ts';
import type { OutboxEvent } from '../../src/contracts/ports/event-destination.ts';
import { brokerDestination } from '../../src/relay/broker-destination.ts';
import { callsAs } from '../support/calls-as.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import type { OrderEvent } from '../../src/contracts/http/order.ts';
import { toCloudEvent } from '../../src/domain/cloud-event.ts';
import { createReplayEvents } from '../../src/relay/replay-feed.ts';
import { startRelay } from '../../src/relay/relay.ts';
import { publicFieldsOf } from '../../src/domain/public-event-fields.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { authorizedOrder, paidOrder, reservedOrder } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

interface PublicEvent {
  subject: string;
  sequence: number;
  data: Record<string, unknown>;
}

describe('the public fields of an event', () => {
  it('are codes, ids, times and numbers', () => {
    const data = {
      status: 'in_review',
      total: 1_000,
      currency: 'EUR',
      review: { reasons: ['total_above_limit'], deadline: '2026-01-01T00:00:00.000Z' },
    };
    assert.deepEqual(publicFieldsOf({ data }), data);
    for (const reason of ['card_declined', 'out_of_stock:mug-01'])
      assert.equal(publicFieldsOf({ data: { status: 'payment_failed', reason } })['reason'], reason);
  });

  it('contain nothing that a person typed, in whichever member', () => {
    const note = 'call Ada';
    const data = {
      status: 'paid',
      note,
      review: { decision: 'approve', note },
      refund: { amount: 1, reason: note },
      capture: { amount: 1, note },
      attention: { step: 'refundPayment', note },
      lines: [{ sku: 'mug-01', note }],
      unknownMember: { note },
    };
    assert.deepEqual(publicFieldsOf({ data }), {
      status: 'paid',
      review: { decision: 'approve' },
      refund: { amount: 1 },
      capture: { amount: 1 },
      attention: { step: 'refundPayment' },
      lines: [{ sku: 'mug-01' }],
    });
    assert.deepEqual(publicFieldsOf({ data: { status: 'cancelled', reason: note } }), {
      status: 'cancelled',
    });
  });

  it('contain nothing of a member that does not have the expected type', () => {
    assert.deepEqual(publicFieldsOf({ data: { review: 'call Ada', lines: ['call Ada'] } }), {
      review: undefined,
      lines: [undefined],
    });
  });
});

describe('events of orders with notes and reasons that people typed', function () {
  this.timeout(60_000);
  const TYPED_TEXT = 'Ada moved to 1 High St';
  let shop: Shop;
  let orderIds: string[];

  before(async () => {
    shop = await openShop();
    orderIds = await ordersWithText(shop, TYPED_TEXT);
  });
  after(() => shop.close());

  /** Returns the data and the actors of all events as they are stored, by `<orderId>/<sequence>`. */
  async function stored(): Promise<Map<string, Pick<OrderEvent, 'data' | 'actor'>>> {
    const events = new Map<string, Pick<OrderEvent, 'data' | 'actor'>>();
    for (const orderId of orderIds)
      for (const { sequence, ...event } of await shop.reader.events(orderId))
        events.set(`${orderId}/${sequence}`, event);
    return events;
  }

  /** Checks that each event is published as it is stored, without the typed text. */
  async function check(published: readonly PublicEvent[]): Promise<void> {
    const events = await stored();
    assert.match(JSON.stringify([...events.values()]), /Ada/, 'the stored events contain the typed text');
    assert.match(JSON.stringify([...events.values()]), /s3ss1on/, 'and the session of the operator');
    assert.doesNotMatch(JSON.stringify(published), /Ada|High St|note|s3ss1on/);
    for (const {
      subject,
      sequence,
      data: { actor, ...data },
    } of published) {
      const event = events.get(`${subject}/${sequence}`);
      assert.ok(event?.actor);
      const { type, id } = event.actor;
      assert.deepEqual(actor, { type, ...(id !== undefined && { id }) });
      const expected = structuredClone(event.data);
      const attention = expected['attention'] as { note?: string } | undefined;
      if (attention) delete attention.note;
      assert.deepEqual(data, expected, `${subject}/${sequence}`);
      events.delete(`${subject}/${sequence}`);
    }
    assert.deepEqual([...events.keys()], [], 'all events are published');
  }

  it('are published to a broker without the typed text', async () => {
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
    const plan = { name: 'published', open };
    const relay = startRelay({ databaseUrl: shop.url, destinations: [plan], start: 'beginning', logger });
    try {
      const { size } = await stored();
      await waitUntilPasses(() => {
        assert.equal(messages.length, size);
      });
    } finally {
      await relay.stop();
    }
    await check(messages.map(({ body }) => JSON.parse(body.toString()) as PublicEvent));
  });

  it('are sent to a subscriber that asks for missed events without the typed text', async () => {
    const { size } = await stored();
    const page = await waitUntilPasses(async () => {
      const answer = await createReplayEvents(shop.pool)({ after: '', limit: 1_000 });
      assert.ok('events' in answer);
      assert.equal(answer.events.length, size);
      return answer;
    });
    await check(page.events as PublicEvent[]);
  });

  it('have a cursor, an order id and a time', () => {
    const event: OutboxEvent = {
      cursor: '1.2',
      orderId: 'ord_1',
      sequence: 3,
      type: 'com.durable-checkout.order.attention_skip.v1',
      data: { attention: { step: 'notify', note: TYPED_TEXT } },
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

/** Creates an order for each way in which a person can add text to an order. */
async function ordersWithText(shop: Shop, text: string): Promise<string[]> {
  const operator: Actor = { type: 'operator', id: 'development', sessionId: 's3ss1on', name: 'Ada' };
  const ledger = createOrderLedger(callsAs(operator, shop.pool));

  const reviewed = await reservedOrder(shop);
  const { orderId } = reviewed;
  await ledger.recordReview([
    { orderId, event: 'in_review', status: 'in_review', reasons: ['total_above_limit'], deadlineMs: 1_000 },
  ]);
  await ledger.recordReview([
    { orderId, event: 'review_approved', status: 'reserved', decision: 'approve', note: text },
  ]);
  await ledger.releaseStock([{ orderId, order: reviewed.order, status: 'cancelled', reason: text }]);

  const declined = await reservedOrder(shop);
  await ledger.releaseStock([
    { orderId: declined.orderId, order: declined.order, status: 'payment_failed', reason: 'card_declined' },
  ]);

  const refunded = await paidOrder(shop);
  const refundId = `${refunded.orderId}/refund/1`;
  await ledger.beginRefund([
    { refundId, orderId: refunded.orderId, amount: 10, reason: text, requestHash: 'a' },
  ]);
  const step = { orderId: refunded.orderId, workflowId: `order/${refundId}`, step: 'refundPayment' };
  await ledger.parkStep([
    { ...step, reason: 'RefundRefused: charge_disputed', attempts: 1, actions: ['retry', 'skip'] },
  ]);
  await ledger.resolveStep([{ ...step, action: 'retry', note: text }]);
  await ledger.resolveStep([{ ...step, action: 'skip', note: text }]);
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
  await ledger.beginCancellation([{ orderId: captured.orderId, reason: text }]);
  await ledger.finishCancellation([{ orderId: captured.orderId, reason: text, refund: 'succeeded' }]);
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
