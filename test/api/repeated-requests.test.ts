import assert from 'node:assert/strict';
import {
  cancellationWorkflowId,
  checkoutWorkflowId,
  fulfilmentWorkflowId,
  operationWorkflowId,
  returnWorkflowId,
} from '../../src/contracts/temporal/names.ts';
import type { ReturnView } from '../../src/contracts/http/returns.ts';
import type { ShipmentView } from '../../src/contracts/http/shipments.ts';
import { openShippingStage, type ShippingStage } from '../support/api/shipping.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { newKey, sending } from '../support/api/requests.ts';
import { customer, warehouse } from '../support/sandbox/easypost.ts';
import { deliver } from '../support/shipped-orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

const REPEATS = 50;

describe('a request that is repeated fifty times', function () {
  this.timeout(120_000);
  let stage: ShippingStage;
  let shop: OrderCalls;

  before(async function () {
    this.timeout(180_000);
    // Without trackers, whose events would wake the workflow that ships the order at any time.
    stage = await openShippingStage({ policy: { mode: 'warehouse', tracking: false } });
    shop = orderCalls(stage.app);
    await stage.shop.pool.query(`update locations set address = $1`, [JSON.stringify(warehouse)]);
  });
  after(() => stage.close());

  const post = (path: string, body: object | undefined, key: string) =>
    stage.app.inject(sending('POST', path, body, { 'idempotency-key': key }));

  /** The run of a workflow, and what requests have added to its history. It grows by itself while a step is retried. */
  async function historyOf(workflowId: string): Promise<{ runId: string; requests: string[] }> {
    const handle = stage.client.workflow.getHandle(workflowId);
    const { runId } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const requests = (events ?? []).flatMap((event) => {
      const { workflowExecutionUpdateAcceptedEventAttributes: accepted } = event;
      if (accepted) return [`update ${accepted.acceptedRequest?.input?.name}`];
      if (event.workflowExecutionUpdateAdmittedEventAttributes) return ['update admitted'];
      if (event.workflowExecutionOptionsUpdatedEventAttributes) return ['options updated'];
      const { workflowExecutionSignaledEventAttributes: signaled } = event;
      return signaled ? [`signal ${signaled.signalName}`] : [];
    });
    return { runId, requests };
  }

  /** A request that comes during a workflow task is in the history only when that task is completed. */
  const waitUntilIdle = (workflowId: string): Promise<void> =>
    waitUntilPasses(async () => {
      const { raw } = await stage.client.workflow.getHandle(workflowId).describe();
      assert.ok(!raw.pendingWorkflowTask);
    });

  /** Sends the request once, and then again and again: the history must be the same. */
  async function addsNothing<Answer>(workflowId: string, send: () => Promise<Answer>): Promise<Answer> {
    const first = await send();
    await waitUntilIdle(workflowId);
    const before = await historyOf(workflowId);
    await Promise.all(Array.from({ length: REPEATS }, send));
    const last = await send();
    assert.deepEqual(await historyOf(workflowId), before);
    assert.deepEqual(last, first);
    return first;
  }

  it('adds nothing to the history of a refund that is made, and of one that is parked', async () => {
    const done = await shop.place();
    const key = newKey();
    const refund = async () => {
      const { status, refund: made } = await shop.refund(done.orderId, { amount: 100 }, key);
      return { status, made };
    };
    const { made } = await refund();
    await addsNothing(operationWorkflowId(made.refundId), refund);
    assert.equal(stage.provider.paymentOf(done.orderId).refunded, 100);

    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    const parked = async () => {
      const { status, refund: waiting } = await shop.refund(orderId, { amount: 100 }, key);
      return { status, waiting };
    };
    const { status, waiting } = await parked();
    assert.equal(status, 202);
    await addsNothing(operationWorkflowId(waiting.refundId), parked);
  });

  it('adds nothing while the payment provider has not answered', async () => {
    const { orderId } = await shop.place();
    const held = stage.provider.holdRefunds(orderId);
    const key = newKey();
    const refunds = Array.from({ length: REPEATS }, () => shop.refund(orderId, { amount: 100 }, key));
    await waitUntilPasses(() => {
      assert.equal(held.waiting(), 1);
    });
    const { rows } = await stage.shop.pool.query<{ refund_id: string }>(
      'select refund_id from refunds where order_id = $1',
      [orderId],
    );
    const workflowId = operationWorkflowId(rows[0]?.refund_id ?? '');
    const before = await historyOf(workflowId);
    const more = shop.refund(orderId, { amount: 100 }, key);
    assert.deepEqual(await historyOf(workflowId), before);
    held.open();
    const statuses = (await Promise.all([...refunds, more])).map(({ status }) => status);
    assert.deepEqual(new Set(statuses), new Set([200]));
    assert.deepEqual(await historyOf(workflowId), { runId: before.runId, requests: ['update outcome'] });
  });

  it('adds nothing to the history of a cancellation that is made, and of one that is parked', async () => {
    const done = await shop.place();
    await addsNothing(cancellationWorkflowId(done.orderId), async () => {
      const { status, order } = await shop.cancel(done.orderId);
      return [status, order.status];
    });
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    const parked = async () => (await shop.cancel(orderId)).status;
    assert.equal(await addsNothing(cancellationWorkflowId(orderId), parked), 202);
  });

  it('adds nothing to the history of an order that waits for its customer, and is cancelled', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_action' } });
    await addsNothing(checkoutWorkflowId(orderId), async () => {
      const { status, order } = await shop.cancel(orderId);
      return [status, order.status];
    });
  });

  it('adds nothing to the history when an operator skips a step, or has it tried again', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    const { refund } = await shop.refund(orderId, { amount: 100 });
    const workflowId = operationWorkflowId(refund.refundId);
    const path = `/v1/orders/${orderId}/attention`;
    const key = newKey();
    await addsNothing(workflowId, async () => {
      const answer = await post(path, { action: 'retry', step: 'refundPayment' }, key);
      return answer.statusCode;
    });
    await addsNothing(workflowId, async () => {
      const { status } = await shop.resolveAttention(orderId, { action: 'skip', step: 'refundPayment' });
      return status;
    });
  });

  it('adds nothing to the history of a shipment or a return', async () => {
    const sku = await stage.shop.item(10, 500);
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 2 }], shipping: customer() });
    await deliver(stage.shop, orderId, [{ line: 1, quantity: 2 }]);
    const lines = [{ line: 1, quantity: 1 }];
    const returns = await post(`/v1/orders/${orderId}/returns`, { lines }, newKey());
    const { returnId, number } = returns.json<ReturnView>();
    const workflowId = returnWorkflowId(orderId, number);
    const open = async () => (await post(`/v1/returns/${returnId}/open`, undefined, newKey())).statusCode;
    assert.equal(await open(), 200);
    await waitUntilPasses(async () => {
      assert.ok((await stage.returns.find({ clientId: 'development', returnId })).labelUrl);
    });
    await addsNothing(workflowId, open);
    const key = newKey();
    const receipt = { lines: [{ line: 1, quantity: 1, disposition: 'restocked' }] };
    const receive = async () => (await post(`/v1/returns/${returnId}/receive`, receipt, key)).statusCode;
    await addsNothing(workflowId, receive);
  });

  it('adds nothing to the history of what ships the order', async () => {
    const sku = await stage.shop.item(10, 500);
    const { orderId } = await shop.place({ lines: [{ sku, quantity: 2 }], shipping: customer() });
    // A signal that comes during a workflow task is in the history only when that task is completed.
    await waitUntilPasses(async () => {
      const { raw } = await stage.client.workflow.getHandle(fulfilmentWorkflowId(orderId)).describe();
      assert.ok(!raw.pendingWorkflowTask && !raw.pendingActivities?.length);
    });
    const key = newKey();
    const report = { lines: [{ line: 1, quantity: 1 }], carrier: 'DHL', trackingCode: newKey() };
    const send = async () => {
      const answer = await post(`/v1/orders/${orderId}/shipments`, report, key);
      return [answer.statusCode, answer.json<ShipmentView>().shipmentId];
    };
    await addsNothing(fulfilmentWorkflowId(orderId), send);
    // An event of the order that is none of its fulfilment's makes the same report no new one.
    const before = await historyOf(fulfilmentWorkflowId(orderId));
    assert.equal((await shop.refund(orderId, { amount: 100 })).status, 200);
    await send();
    await waitUntilIdle(fulfilmentWorkflowId(orderId));
    assert.deepEqual(await historyOf(fulfilmentWorkflowId(orderId)), before);
  });
});
