import assert from 'node:assert/strict';
import { reconciliationWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { SweepParts } from '../../src/orders/recovery/sweep.ts';
import { requestReconciliation } from '../../src/orders/temporal/request-reconciliation.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { sweepPartsOf, sweepWith } from '../support/api/sweeping.ts';

describe('a parked step whose workflow is gone', function () {
  this.timeout(180_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  let later: OrderCalls;
  let parts: SweepParts;
  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
    later = orderCalls(await stage.another({}, { capture: 'later' }));
    parts = sweepPartsOf(stage);
  });
  after(() => stage.close());

  /** An order whose refund was refused by the provider, and whose refund's workflow is terminated. */
  async function lostRefund(): Promise<{ orderId: string; workflowId: string }> {
    const { orderId } = await shop.place({ payment: { method: 'pm_refund_refused' } });
    assert.equal((await shop.refund(orderId, { amount: 500 })).status, 202);
    return { orderId, workflowId: await terminateParked(orderId) };
  }

  async function terminateParked(orderId: string): Promise<string> {
    const [parked] = await stage.shop.reader.parked(orderId);
    assert.ok(parked);
    await stage.client.workflow.getHandle(parked.workflowId).terminate('by hand');
    return parked.workflowId;
  }

  const isCleared = (orderId: string) =>
    shop.becomes(orderId, ({ attention }) => {
      assert.equal(attention, null);
    });
  const attentionEvents = async (orderId: string) =>
    (await shop.events(orderId)).map(({ name }) => name).filter((name) => name.startsWith('attention_'));

  const tellOf = (orderId: string) =>
    requestReconciliation(parts.operations, { orderId, paymentIntentId: `pi_${orderId}` });

  /** An order whose held money has expired, of which the operator is told. */
  async function lostHold(): Promise<string> {
    const { orderId } = await later.place();
    stage.provider.expire(orderId);
    await tellOf(orderId);
    await shop.becomes(orderId, ({ attention }) => {
      assert.match(attention?.reason ?? '', /^AuthorizationEnded: /);
    });
    return orderId;
  }

  it('needs attention no more when the sweep has started the operation again', async () => {
    const { orderId } = await lostRefund();
    stage.provider.heal(orderId);
    await sweepWith(parts);
    const { refunds } = await isCleared(orderId);
    assert.deepEqual(await attentionEvents(orderId), ['attention_raised', 'attention_cleared']);
    await shop.becomes(orderId, (order) => {
      assert.equal(order.refunds[0]?.status, 'succeeded');
    });
    assert.equal(refunds.length, 1);
    assert.equal(stage.provider.paymentOf(orderId).refunded, 500);
  });

  it('needs attention no more when somebody else has started the operation again', async () => {
    const { orderId, workflowId } = await lostRefund();
    stage.provider.heal(orderId);
    const last = await parts.operations.lastRun(workflowId);
    assert.ok(last);
    assert.equal(await parts.operations.restart({ ...last, workflowId, orderId }), true);
    await stage.client.workflow.getHandle(workflowId).result();
    assert.equal((await shop.order(orderId)).attention?.step, 'refundPayment');
    await sweepWith(parts);
    assert.equal((await shop.order(orderId)).attention, null);
  });

  it('is parked again where it still fails', async () => {
    const { orderId } = await lostRefund();
    await sweepWith(parts);
    await waitUntilPasses(async () => {
      const events = await attentionEvents(orderId);
      assert.deepEqual(events, ['attention_raised', 'attention_cleared', 'attention_raised']);
    });
    const { status, order } = await shop.resolveAttention(orderId, { action: 'skip' });
    assert.deepEqual([status, order.attention, order.refunds[0]?.status], [200, null, 'skipped']);
  });

  for (const [action, status, refunded] of [
    ['retry', 'succeeded', 500],
    ['skip', 'skipped', 0],
    ['resolve', 'resolved', 500],
  ] as const)
    it(`takes the action ${action} in a new run of its workflow`, async () => {
      const { orderId } = await lostRefund();
      stage.provider.heal(orderId);
      const answer = await shop.resolveAttention(orderId, { action });
      assert.equal(answer.status, 200);
      const order = await shop.becomes(orderId, ({ refunds, attention }) => {
        assert.deepEqual([refunds[0]?.status, attention], [status, null]);
      });
      assert.equal(order.payment.refunded, refunded);
      assert.equal(stage.provider.paymentOf(orderId).refunded, action === 'retry' ? 500 : 0);
    });

  it('stays where it tells of a payment, and takes an action', async () => {
    const orderId = await lostHold();
    const workflowId = await terminateParked(orderId);
    await waitUntilPasses(async () => {
      await sweepWith(parts);
      assert.equal((await parts.operations.lastRun(workflowId))?.state, 'running');
    });
    assert.match((await shop.order(orderId)).attention?.step ?? '', /^checkPayment /);
    assert.equal((await shop.resolveAttention(orderId, { action: 'resolve' })).status, 200);
    await isCleared(orderId);
    await waitUntilPasses(async () => {
      assert.equal((await parts.operations.lastRun(workflowId))?.state, 'completed');
    });
  });

  it('that tells of a payment takes an action where no workflow knows of it', async () => {
    const orderId = await lostHold();
    const workflowId = await terminateParked(orderId);
    await tellOf(orderId);
    await stage.client.workflow.getHandle(workflowId).result();
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry' })).status, 200);
    await isCleared(orderId);
    assert.deepEqual(await attentionEvents(orderId), [
      'attention_raised',
      'attention_retry',
      'attention_cleared',
    ]);
  });

  for (const [how, act] of [
    ['a capture has made the hold again', (orderId: string) => shop.capture(orderId)],
    ['the order is cancelled', (orderId: string) => shop.cancel(orderId)],
  ] as const)
    it(`that tells of a payment ends by itself when ${how}`, async () => {
      const orderId = await lostHold();
      await sweepWith(parts);
      assert.match((await shop.order(orderId)).attention?.step ?? '', /^checkPayment /);
      await act(orderId);
      await sweepWith(parts);
      await isCleared(orderId);
      assert.deepEqual(await attentionEvents(orderId), ['attention_raised', 'attention_cleared']);
      await stage.client.workflow.getHandle(reconciliationWorkflowId(orderId)).result();
    });
});
