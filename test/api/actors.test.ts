import assert from 'node:assert/strict';
import type { Actor } from '../../src/contracts/actor.ts';
import type { LogEntry } from '../../src/contracts/http/board.ts';
import type { OrderEvent, OrderView } from '../../src/contracts/http/order.ts';
import { createOperatorLog } from '../../src/adapters/postgres/operator-log.ts';
import { eventName } from '../../src/cli/output/orders.ts';
import { CANCEL, event } from '../../harness/brokers/message.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { operator, type Operator } from '../support/api/operator.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey } from '../support/api/requests.ts';
import { openShippingStage, type ShippingStage } from '../support/api/shipping.ts';
import { delivering, eventOf, intentOf } from '../support/api/stripe-events.ts';
import { createTestBroker, openTestIntake } from '../support/intake/stage.ts';
import { customer, warehouse } from '../support/sandbox/easypost.ts';

const CLIENT: Actor = { type: 'client', id: 'development' };
const SYSTEM: Actor = { type: 'system' };
const REVIEW = { above: { EUR: 1_000 }, quantityAbove: 5, countries: [], deadlineMs: 600_000 };

describe('who has caused an event of an order', function () {
  this.timeout(120_000);
  let stage: ShippingStage;
  let shop: OrderCalls;
  let reviewing: OrderCalls;
  let impatient: OrderCalls;
  let me: Operator;
  let myself: Actor;

  before(async function () {
    this.timeout(180_000);
    stage = await openShippingStage();
    shop = orderCalls(stage.app);
    reviewing = orderCalls(await stage.another({}, { review: REVIEW }));
    impatient = orderCalls(await stage.another({}, { review: { ...REVIEW, deadlineMs: 500 } }));
    await stage.shop.pool.query('update locations set address = $1', [JSON.stringify(warehouse)]);
    me = await operator(stage.app);
    const { actor } = (await newestEntry()) ?? {};
    assert.ok(actor?.type === 'operator' && actor.sessionId !== undefined);
    myself = actor;
  });
  after(() => stage.close());

  const newestEntry = async (): Promise<LogEntry | undefined> =>
    (await createOperatorLog(stage.shop.pool).list({ limit: 1 }))[0];

  const events = async (orderId: string): Promise<OrderEvent[]> =>
    (await stage.app.inject(getting(`/v1/orders/${orderId}/events`))).json<{ data: OrderEvent[] }>().data;

  /** The newest event with this name, once there is one: its actor, and why. */
  const causeOf = (orderId: string, name: string): Promise<[Actor | undefined, string | undefined]> =>
    waitUntilPasses(async () => {
      const found = (await events(orderId)).filter(({ type }) => eventName(type) === name).at(-1);
      assert.ok(found, `there is no event ${name} yet`);
      return [found.actor, found.reason];
    }, 40_000);

  const asMe = async (path: string, body: object = {}): Promise<OrderView> => {
    const answer = await stage.app.inject(me.sending('POST', path, body, { 'idempotency-key': newKey() }));
    assert.ok(answer.statusCode < 300, answer.body);
    return answer.json<OrderView>();
  };

  it('a client by HTTP: it has placed the order, and cancels it with its reason', async () => {
    const { orderId } = await shop.place();
    assert.deepEqual(await causeOf(orderId, 'placed'), [CLIENT, undefined]);
    assert.deepEqual(await causeOf(orderId, 'reserved'), [SYSTEM, undefined]);
    assert.deepEqual(await causeOf(orderId, 'paid'), [SYSTEM, undefined]);
    const { order } = await shop.cancel(orderId, 'Ordered twice');
    assert.deepEqual(order.cancelledBy, CLIENT);
    assert.deepEqual(order.refunds[0]?.actor, CLIENT);
    assert.deepEqual(await causeOf(orderId, 'cancelled'), [CLIENT, 'Ordered twice']);
  });

  it('a client that cancels an order before it is paid', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_action' } });
    await shop.cancel(orderId, 'Too slow');
    assert.deepEqual(await causeOf(orderId, 'cancelled'), [CLIENT, 'Too slow']);
  });

  it('an operator at the board: what is asked for, and what comes of it, is by this session', async () => {
    const sku = await stage.shop.item(2, 2_000);
    const { orderId } = await reviewing.place({ lines: [{ sku, quantity: 2 }] });
    assert.deepEqual(await causeOf(orderId, 'in_review'), [SYSTEM, undefined]);
    const { review } = await asMe(`/v1/orders/${orderId}/review`, { decision: 'approve', note: 'known' });
    assert.deepEqual(review?.actor, myself);
    assert.deepEqual(await causeOf(orderId, 'review_approved'), [myself, 'known']);
    await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'paid');
    });
    await asMe(`/v1/orders/${orderId}/refunds`, { amount: 100, reason: 'A scratch' });
    assert.deepEqual(await causeOf(orderId, 'refund_requested'), [myself, 'A scratch']);
    assert.deepEqual(await causeOf(orderId, 'partially_refunded'), [myself, 'A scratch']);
    assert.deepEqual((await shop.order(orderId)).refunds[0]?.actor, myself);
    const { action, object, actor, reason } = (await newestEntry()) ?? {};
    assert.deepEqual(
      [action, object, actor, reason],
      ['refund_requested', { type: 'order', id: orderId }, myself, 'A scratch'],
    );
  });

  it('an operator who rejects an order has ended it', async () => {
    const sku = await stage.shop.item(2, 2_000);
    const { orderId } = await reviewing.place({ lines: [{ sku, quantity: 2 }] });
    await asMe(`/v1/orders/${orderId}/review`, { decision: 'reject', note: 'a reseller' });
    assert.deepEqual(await causeOf(orderId, 'rejected'), [myself, 'a reseller']);
  });

  it('an operator who repairs a step: the action, and the refund that is not made for it', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    await shop.refund(orderId, { amount: 500 });
    const { attention } = await shop.becomes(orderId, (order) => {
      assert.ok(order.attention);
    });
    assert.deepEqual(await causeOf(orderId, 'attention_raised'), [SYSTEM, undefined]);
    await asMe(`/v1/orders/${orderId}/attention`, {
      action: 'skip',
      note: 'paid in cash',
      step: attention?.step,
    });
    assert.deepEqual(await causeOf(orderId, 'attention_skip'), [myself, 'paid in cash']);
    assert.deepEqual(await causeOf(orderId, 'refund_skipped'), [myself, 'paid in cash']);
  });

  it('a client by message', async () => {
    const broker = createTestBroker();
    const operatorLog = createOperatorLog(stage.shop.pool);
    const intake = await openTestIntake(stage, [broker], { operatorLog });
    try {
      const { orderId } = await shop.place();
      await broker.deliver(event(CANCEL, { orderId, reason: 'by the till' }));
      assert.deepEqual(await causeOf(orderId, 'cancelled'), [CLIENT, 'by the till']);
      const { action, object, actor, keyId, reason } = (await newestEntry()) ?? {};
      assert.deepEqual(
        [action, object, actor, keyId, reason],
        ['order_cancelled', { type: 'order', id: orderId }, CLIENT, undefined, 'by the till'],
      );
    } finally {
      await intake.stop();
    }
  });

  it('the payment provider, whose webhook says that the customer has paid', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_action' } });
    stage.provider.authenticate(orderId);
    await stage.app.inject(delivering(eventOf('payment_intent.succeeded', intentOf(orderId))));
    assert.deepEqual(await causeOf(orderId, 'paid'), [{ type: 'provider' }, undefined]);
  });

  it('the carrier, whose webhook says where the parcel is', async () => {
    const { orderId } = await shop.place({ shipping: customer() });
    const { shipments } = await shop.becomes(orderId, (order) => {
      assert.equal(order.shipments[0]?.status, 'label_bought');
    });
    const parcel = shipments[0]?.trackingCode ?? '';
    await stage.sandbox.control('POST', `/parcels/${parcel}/report`, { status: 'delivered' });
    assert.deepEqual(await causeOf(orderId, 'shipped'), [{ type: 'carrier' }, undefined]);
    assert.deepEqual(await causeOf(orderId, 'delivered'), [{ type: 'carrier' }, undefined]);
  });

  it('a timer of this service', async () => {
    const sku = await stage.shop.item(2, 2_000);
    const { orderId } = await impatient.place({ lines: [{ sku, quantity: 2 }] });
    assert.deepEqual(await causeOf(orderId, 'expired'), [SYSTEM, undefined]);
  });

  it('is the same in the stream of the events', async () => {
    const { orderId } = await shop.place();
    await shop.cancel(orderId, 'as in the list');
    const stream = await stage.app.inject(
      getting(`/v1/orders/${orderId}/events`, { accept: 'text/event-stream' }),
    );
    const streamed = stream.body.split('\n').flatMap((text) => {
      const [, data] = /^data: (\{.*)$/.exec(text) ?? [];
      return data === undefined ? [] : [JSON.parse(data) as OrderEvent];
    });
    assert.deepEqual(streamed, await events(orderId));
    assert.ok(streamed.every(({ actor }) => actor !== undefined));
  });
});
