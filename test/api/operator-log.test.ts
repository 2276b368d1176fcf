import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { LogEntry } from '../../src/contracts/http/board.ts';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import type { SavedView } from '../../src/contracts/http/order-lists.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import { createOperatorLog } from '../../src/adapters/postgres/operator-log.ts';
import { createShipmentStore } from '../../src/adapters/postgres/shipment-store.ts';
import { CARRY_STEP } from '../../src/adapters/postgres/order-carriers.ts';
import { TASK_QUEUES } from '../../src/contracts/temporal/names.ts';
import { CANCEL, event, PLACE } from '../../harness/brokers/message.ts';
import { endAll, openWorkingStage, type Stage } from '../support/api/app.ts';
import { openApiOf, operationsOf } from '../support/api/openapi-document.ts';
import { operator, type Operator } from '../support/api/operator.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { newKey, sending } from '../support/api/requests.ts';
import {
  createTestBroker,
  openTestIntake,
  type TestBroker,
  type TestIntake,
} from '../support/intake/stage.ts';
import { ADDRESS, deliver, paidOrderOf } from '../support/shipped-orders.ts';

type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Why these are not in the log, or not by the plugin that this test is about. */
const NOT_LOGGED: Readonly<Record<string, string>> = {
  placeOrder: 'a storefront does it many times a second; the event "placed" has the actor',
  searchOrders: 'changes nothing',
  checkDeadLetter: 'changes nothing',
  subscribeToStock: 'a storefront does it for its customers',
  confirmSubscription: 'a customer does it, by a link in a mail',
  endSubscription: 'a customer does it, by a link in a mail',
  receiveStripeEvent: 'the provider; its events have the actor',
  receiveEasypostEvent: 'the carrier; its events have the actor',
  signIn: 'its entry is written with the session',
  signOut: 'its entry is written with the end of the session',
  revealCustomer: 'its entry is written before the customer is shown',
};

/** Those that take a reason or a note. The calls below give it. */
const REASONED: readonly string[] = [
  'cancelOrder',
  'refundOrder',
  'reviewOrder',
  'resolveAttention',
  'holdShipment',
  'loseShipment',
  'declineReturn',
  'discardDeadLetter',
  'discardManyDeadLetters',
  'setBrake',
  'releaseBrake',
  'startBatch',
];

describe('the log of operators', function () {
  this.timeout(120_000);
  let stage: Stage;
  let shop: OrderCalls;
  let capturing: OrderCalls;
  let reviewing: OrderCalls;
  let me: Operator;
  let broker: TestBroker;
  let intake: TestIntake;

  before(async function () {
    this.timeout(180_000);
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
    capturing = orderCalls(await stage.another({}, { capture: 'later' }));
    const review = { above: { EUR: 1_000 }, quantityAbove: 1, countries: [], deadlineMs: 600_000 };
    reviewing = orderCalls(await stage.another({}, { review }));
    me = await operator(stage.app);
    broker = createTestBroker();
    intake = await openTestIntake(stage, [broker], { operatorLog: createOperatorLog(stage.shop.pool) });
  });
  after(async () => {
    await intake.stop();
    await endAll({ client: stage.client, taskQueue: TASK_QUEUES.fulfilment });
    await stage.close();
  });

  const entries = (limit = 20): Promise<LogEntry[]> => createOperatorLog(stage.shop.pool).list({ limit });

  const send = async <T>(method: Method, path: string, body?: object): Promise<T> => {
    const request = me.sending(method, path, body, { 'idempotency-key': newKey() });
    const answer = await stage.app.inject(request);
    assert.ok(answer.statusCode < 300, `${method} ${path}: ${answer.statusCode} ${answer.body}`);
    return (answer.body === '' ? {} : answer.json()) as T;
  };
  const lines = [{ line: 1, quantity: 1 }];
  const ordered = async (): Promise<string> =>
    paidOrderOf(stage.shop, [{ sku: await stage.shop.item(5), quantity: 1 }]);
  const address = ADDRESS;

  async function planned(): Promise<string> {
    const orderId = await ordered();
    await createShipmentStore(stage.shop.pool).plan([
      { orderId, mode: 'carrier', tracking: false, returnWindowMs: 60_000 },
    ]);
    const [shipment] = (await shop.order(orderId)).shipments;
    return `/v1/orders/${orderId}/shipments/${shipment?.shipmentId}`;
  }
  async function reported(): Promise<string> {
    const orderId = await ordered();
    const body = { lines, carrier: 'DHLPaket', trackingCode: randomUUID() };
    const { shipmentId } = await send<{ shipmentId: string }>(
      'POST',
      `/v1/orders/${orderId}/shipments`,
      body,
    );
    return `/v1/orders/${orderId}/shipments/${shipmentId}`;
  }
  async function requested(): Promise<string> {
    const orderId = await ordered();
    await deliver(stage.shop, orderId, lines);
    return (await send<ReturnView>('POST', `/v1/orders/${orderId}/returns`, { lines })).returnId;
  }
  async function opened(): Promise<string> {
    const returnId = await requested();
    await send('POST', `/v1/returns/${returnId}/open`);
    return returnId;
  }
  async function dead(): Promise<string> {
    const receipt = await broker.deliver(event(PLACE, { nothing: true }));
    assert.ok(receipt.result === 'dead');
    return receipt.deadLetterId;
  }
  const endpoint = async (): Promise<string> =>
    (
      await send<{ endpointId: string }>('POST', '/v1/webhook-endpoints', {
        url: `https://partner.example/${randomUUID()}`,
      })
    ).endpointId;

  const batch = async (): Promise<BatchView> =>
    send('POST', '/v1/batches', { action: 'cancel', orderIds: [(await shop.place()).orderId] });
  async function started(): Promise<string> {
    const { batchId, confirmation } = await batch();
    await send('POST', `/v1/batches/${batchId}/start`, { confirmation, note: 'why not' });
    return batchId;
  }
  const brake = async (): Promise<number> =>
    (
      await send<BrakeView>('POST', '/v1/brakes', {
        kind: 'intake',
        target: `/${randomUUID()}`,
        reason: 'why not',
      })
    ).brakeId;
  const view = async (): Promise<string> =>
    (
      await send<SavedView>('POST', '/v1/views', {
        name: randomUUID(),
        isShared: false,
        filter: { status: 'paid' },
      })
    ).viewId;

  /** Calls each operation with success. What it needs is made first; the call itself is the last. */
  const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
    cancelOrder: async () =>
      send('POST', `/v1/orders/${(await shop.place()).orderId}/cancel`, { reason: 'why not' }),
    refundOrder: async () =>
      send('POST', `/v1/orders/${(await shop.place()).orderId}/refunds`, { amount: 10, reason: 'why not' }),
    checkPayment: async () => send('POST', `/v1/orders/${(await shop.place()).orderId}/payment-check`),
    captureOrder: async () => send('POST', `/v1/orders/${(await capturing.place()).orderId}/capture`, {}),
    reviewOrder: async () => {
      const { orderId } = await reviewing.place({ lines: [{ sku: 'mug-01', quantity: 2 }] });
      await send('POST', `/v1/orders/${orderId}/review`, { decision: 'approve', note: 'why not' });
    },
    resolveAttention: async () => {
      const orderId = await ordered();
      await stage.shop.ledger.parkStep([
        {
          orderId,
          workflowId: `order/${orderId}`,
          step: CARRY_STEP,
          reason: 'x',
          attempts: 1,
          actions: ['retry'],
        },
      ]);
      await send('POST', `/v1/orders/${orderId}/attention`, { action: 'retry', note: 'why not' });
    },
    changeAddress: async () =>
      send<OrderView>('PUT', `/v1/orders/${await ordered()}/shipping`, { ...address, line1: '2 High St' }),
    resendMails: async () => {
      const orderId = await ordered();
      await stage.shop.pool.query(
        `insert into mails (order_id, kind, part, message_id, status) values ($1, 'paid', 1, $2, 'refused')`,
        [orderId, `<${randomUUID()}@shop>`],
      );
      await send('POST', `/v1/orders/${orderId}/mails/resend`, {});
    },
    reportShipment: reported,
    holdShipment: async () => send('POST', `${await planned()}/hold`, { reason: 'why not' }),
    releaseShipment: async () => {
      const path = await planned();
      await send('POST', `${path}/hold`);
      await send('POST', `${path}/release`);
    },
    cancelShipment: async () => send('POST', `${await planned()}/cancel`),
    deliverShipment: async () => send('POST', `${await reported()}/deliver`),
    loseShipment: async () =>
      send('POST', `${await reported()}/lost`, { action: 'refund', reason: 'why not' }),
    requestReturn: requested,
    openReturn: opened,
    declineReturn: async () => send('POST', `/v1/returns/${await requested()}/decline`, { note: 'why not' }),
    cancelReturn: async () => send('POST', `/v1/returns/${await requested()}/cancel`),
    closeReturn: async () => send('POST', `/v1/returns/${await opened()}/close`),
    reopenReturn: async () => {
      const returnId = await opened();
      await send('POST', `/v1/returns/${returnId}/close`);
      await send('POST', `/v1/returns/${returnId}/reopen`);
    },
    receiveReturn: async () => {
      const received = [{ line: 1, quantity: 1, disposition: 'restocked' }];
      await send('POST', `/v1/returns/${await opened()}/receive`, { lines: received });
    },
    putStock: () =>
      send('PUT', '/v1/stock/pen-01', { title: 'Pen', unitPrice: 100, currency: 'EUR', onHand: 3 }),
    syncStock: () =>
      send('POST', '/v1/stock/sync', [
        { source: 'wms', sku: 'mug-01', kind: 'delta', quantity: 1, sequence: Date.now() },
      ]),
    resetStockSequences: () => send('DELETE', '/v1/stock/sequences?source=wms&sku=mug-01'),
    putLocation: () => send('PUT', '/v1/locations/attic', { name: 'Attic' }),
    startAudit: () => send('POST', '/v1/audits', {}),
    replayDeadLetter: async () =>
      send('POST', `/v1/dead-letters/${await dead()}/replay`, {
        type: 'com.durable-checkout.stock.sync.v1',
        data: [{ source: 'till', sku: 'mug-01', kind: 'delta', quantity: 1, sequence: Date.now() }],
      }),
    discardDeadLetter: async () =>
      send('POST', `/v1/dead-letters/${await dead()}/discard`, { note: 'why not' }),
    replayManyDeadLetters: async () => {
      const id = await dead();
      await stage.shop.pool.query('update dead_letters set body = $2 where dead_letter_id = $1', [
        id,
        event('com.durable-checkout.stock.sync.v1', [
          { source: 'till2', sku: 'mug-01', kind: 'delta', quantity: 1, sequence: Date.now() },
        ]).body,
      ]);
      await send('POST', '/v1/dead-letters/replay', { ids: [id] });
    },
    discardManyDeadLetters: async () =>
      send('POST', '/v1/dead-letters/discard', { ids: [await dead()], note: 'why not' }),
    planBatch: batch,
    startBatch: started,
    stopBatch: async () => send('POST', `/v1/batches/${await started()}/stop`),
    setBrake: brake,
    releaseBrake: async () => send('POST', `/v1/brakes/${await brake()}/release`, { reason: 'why not' }),
    saveView: view,
    deleteSavedView: async () => send('DELETE', `/v1/views/${await view()}`),
    addWebhookEndpoint: endpoint,
    changeWebhookEndpoint: async () =>
      send('PATCH', `/v1/webhook-endpoints/${await endpoint()}`, { state: 'disabled' }),
    removeWebhookEndpoint: async () => send('DELETE', `/v1/webhook-endpoints/${await endpoint()}`),
    rotateWebhookSecret: async () => send('POST', `/v1/webhook-endpoints/${await endpoint()}/secret/rotate`),
    recoverWebhooks: async () =>
      send('POST', `/v1/webhook-endpoints/${await endpoint()}/recover`, { since: new Date().toISOString() }),
    redeliverWebhook: async () => {
      const endpointId = await endpoint();
      const orderId = await ordered();
      await stage.shop.pool.query(
        `insert into webhook_deliveries (delivery_id, endpoint_id, order_id, sequence, type, state, reason, settled_at)
         values ($1, $2, $3, 1, 'com.durable-checkout.order.placed.v1', 'failed', 'gave_up', clock_timestamp())`,
        [`${endpointId}/${orderId}/1`, endpointId, orderId],
      );
      await send(
        'POST',
        `/v1/webhook-deliveries/${encodeURIComponent(`${endpointId}/${orderId}/1`)}/redeliver`,
      );
    },
  };

  it('knows every operation that changes something', async () => {
    const changing = operationsOf(await openApiOf(stage.app))
      .filter(({ route }) => !/^(GET|HEAD) /.test(route))
      .map(({ operation }) => operation.operationId ?? '');
    assert.deepEqual(changing.sort(), [...Object.keys(CALLS), ...Object.keys(NOT_LOGGED)].sort());
  });

  for (const operationId of Object.keys(CALLS))
    it(`has an entry of ${operationId}: who, what and why`, async () => {
      const [before] = await entries(1);
      await CALLS[operationId]?.();
      const [entry] = await entries(1);
      assert.ok(entry && entry.entryId > (before?.entryId ?? 0), 'there is no new entry');
      assert.deepEqual([entry.actor.type, entry.actor.id], ['operator', 'development']);
      assert.equal(entry.actor.sessionId, entry.sessionId);
      assert.equal(entry.keyId, 'development');
      assert.ok(entry.object, 'it has an object');
      if (operationId !== 'syncStock') assert.ok(entry.object.id, 'the object has an id');
      assert.equal(entry.reason, REASONED.includes(operationId) ? 'why not' : undefined);
      const isOfOrder = ['order', 'shipment', 'return', 'webhook_delivery'].includes(entry.object.type);
      assert.equal(entry.orderId !== undefined, isOfOrder, JSON.stringify(entry));
      // No data of customers.
      assert.doesNotMatch(JSON.stringify(entry), /Ada|example\.com|High St/);
    });

  it('has one entry of a request that is repeated with its key, and one of each other request', async () => {
    const { orderId } = await shop.place();
    const refund = async (key: string, amount: number) => {
      const url = `/v1/orders/${orderId}/refunds`;
      const answer = await stage.app.inject(
        sending('POST', url, { amount, reason: 'why not' }, { 'idempotency-key': key }),
      );
      assert.ok(answer.statusCode < 300, answer.body);
    };
    const [before] = await entries(1);
    const [one, other] = [newKey(), newKey()];
    for (const key of [one, one, other, one]) await refund(key, 10);
    const added = (await entries(10)).filter(({ entryId }) => entryId > (before?.entryId ?? 0));
    assert.deepEqual(
      added.map(({ action }) => action),
      ['refund_requested', 'refund_requested'],
    );
  });

  it('has one entry of a command that is delivered again', async () => {
    const { orderId } = await shop.place();
    const [before] = await entries(1);
    const message = event(CANCEL, { orderId, reason: 'why not' });
    for (let delivery = 0; delivery < 2; delivery += 1)
      assert.equal((await broker.deliver(message)).result, 'done');
    const added = (await entries(10)).filter(({ entryId }) => entryId > (before?.entryId ?? 0));
    assert.deepEqual(
      added.map(({ action, orderId: of }) => [action, of]),
      [['order_cancelled', orderId]],
    );
  });

  it('has an entry of each object that one request has changed', async () => {
    const ids = [await dead(), await dead()];
    await send('POST', '/v1/dead-letters/discard', { ids, note: 'why not' });
    const found = await entries(2);
    assert.deepEqual(found.map(({ object }) => object?.id).sort(), ids.sort());
    assert.ok(
      found.every(({ action, reason }) => action === 'dead_letter_discarded' && reason === 'why not'),
    );
  });

  it('is written before the answer: without an entry the request has not succeeded', async () => {
    const app = await stage.another({
      operatorLog: { add: () => Promise.reject(new Error('full')), list: () => Promise.resolve([]) },
    });
    const item = { title: 'Pen', unitPrice: 100, currency: 'EUR', onHand: 3 };
    assert.equal((await app.inject(me.sending('PUT', '/v1/stock/pen-02', item))).statusCode, 500);
    assert.equal((await stage.app.inject(me.sending('PUT', '/v1/stock/pen-02', item))).statusCode, 200);
    const [entry] = await entries(1);
    assert.equal(entry?.object?.id, 'pen-02', 'the caller repeats it, which adds the entry');
  });

  it('has no entry of what was refused', async () => {
    const [before] = await entries(1);
    const answer = await stage.app.inject(me.sending('POST', '/v1/orders/ord_x/cancel', {}));
    assert.equal(answer.statusCode, 404);
    assert.deepEqual((await entries(1))[0], before);
  });
});
