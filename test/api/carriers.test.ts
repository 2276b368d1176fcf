import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Carrier, OrderCarriers } from '../../src/adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../../src/adapters/postgres/order-claims.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import type { CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import {
  checkoutWorkflowId,
  fulfilmentWorkflowId,
  GROUP_WORKFLOW,
  TASK_QUEUES,
} from '../../src/contracts/temporal/names.ts';
import { createFulfilmentClient } from '../../src/fulfilment/fulfilment-client.ts';
import { createOrderRecovery, type Carriage } from '../../src/orders/recovery/recover-order.ts';
import { sweepOrders, type SweepParts } from '../../src/orders/recovery/sweep.ts';
import type { CheckoutClient } from '../../src/orders/temporal/checkout-client.ts';
import { checkoutOrder, orderRequest } from '../../harness/orders.ts';
import { waitAtMost, waitUntilPasses } from '../../harness/wait-for.ts';
import { openStage, openWorkingStage, type Stage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { getting, newKey, orderOf, placing } from '../support/api/requests.ts';
import { sweepPartsOf, sweepPolicy, sweepWith } from '../support/api/sweeping.ts';
import { delivering, eventOf, intentOf } from '../support/api/stripe-events.ts';

const FAILURES = ['cancelled', 'expired', 'payment_failed'];
const WAITS = { payment: { method: 'pm_action' } };

describe('an order whose workflow is gone', function () {
  this.timeout(180_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  let parts: SweepParts;
  let carriers: OrderCarriers;
  let checkouts: CheckoutClient;
  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
    parts = sweepPartsOf(stage);
    ({ carriers, checkouts } = parts);
  });
  after(() => stage.close());

  const sweep = () => sweepWith(parts);
  const handleOf = (orderId: string) => stage.client.workflow.getHandle(checkoutWorkflowId(orderId));
  async function carrierOf(orderId: string): Promise<Carrier> {
    const [carrier] = await carriers.find([orderId]);
    assert(carrier);
    return carrier;
  }
  async function waiting(): Promise<string> {
    const { orderId, status } = await shop.place(WAITS);
    assert.equal(status, 'awaiting_customer');
    await firstTaskOf(orderId);
    return orderId;
  }
  const terminate = (orderId: string, reason: string) => handleOf(orderId).terminate(reason);
  /** Deletes a workflow that runs. */
  async function remove(orderId: string): Promise<void> {
    await stage.client.workflowService.deleteWorkflowExecution({
      namespace: stage.client.options.namespace,
      workflowExecution: { workflowId: checkoutWorkflowId(orderId) },
    });
    await waitUntilPasses(async () => {
      assert.equal(await checkouts.describe(checkoutWorkflowId(orderId)), undefined);
    });
  }
  /** A sweep after the retention of the order's workflow. To delete a workflow that has closed takes Temporal's development server a minute. */
  function partsWithout(orderId: string): SweepParts {
    const isDeleted = (workflowId: string): boolean => workflowId === checkoutWorkflowId(orderId);
    return {
      ...parts,
      checkouts: {
        ...checkouts,
        describe: async (id) => (isDeleted(id) ? undefined : checkouts.describe(id)),
        findInput: async (id, each) => (isDeleted(id) ? undefined : checkouts.findInput(id, each)),
      },
    };
  }
  /** Makes the last restart older than the start of a workflow may take. */
  const age = (orderId: string) =>
    stage.shop.pool.query(
      `update order_claims set restarted_at = restarted_at - interval '1 minute', claimed_at = claimed_at - interval '1 minute' where order_id = $1`,
      [orderId],
    );
  /** Waits until the first workflow task is completed, whose effects in PostgreSQL are seen earlier, and returns the id of that event. */
  const firstTaskOf = (orderId: string, runId?: string) =>
    waitUntilPasses(async () => {
      const handle = stage.client.workflow.getHandle(checkoutWorkflowId(orderId), runId);
      const task = (await handle.fetchHistory()).events?.find(
        ({ workflowTaskCompletedEventAttributes: completed }) => completed,
      );
      assert.ok(task?.eventId, 'no workflow task is completed');
      return task.eventId;
    });
  /** Resets a run to its first workflow task. */
  async function reset(orderId: string, runId: string): Promise<void> {
    const workflowId = checkoutWorkflowId(orderId);
    const finished = await firstTaskOf(orderId, runId);
    await stage.client.workflowService.resetWorkflowExecution({
      namespace: stage.client.options.namespace,
      workflowExecution: { workflowId, runId },
      reason: 'by hand',
      workflowTaskFinishEventId: finished,
      requestId: randomUUID(),
    });
  }
  /** The customer authenticates the payment, and the order becomes paid by it, once. */
  async function isPaidOnce(orderId: string): Promise<void> {
    stage.provider.authenticate(orderId);
    await stage.app.inject(delivering(eventOf('payment_intent.succeeded', intentOf(orderId))));
    const order = await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'paid');
    });
    assert.deepEqual([order.payment.captured, order.payment.refunded, order.attention], [1_200, 0, null]);
    assert.equal(stage.provider.paymentOf(orderId).captured, 1_200);
    const names = (await shop.events(orderId)).map(({ name }) => name);
    assert.equal(names.filter((name) => name === 'paid').length, 1);
    await waitUntilPasses(async () => {
      assert.deepEqual((await shop.mails(orderId)).sort(), ['created', 'paid']);
    });
  }

  const ENDS: [string, (orderId: string) => Promise<unknown>][] = [
    ['terminated by hand', (orderId) => terminate(orderId, 'by hand')],
    [
      'terminated at the limit of its history',
      (orderId) => terminate(orderId, 'Workflow history size exceeds limit.'),
    ],
    ['deleted, as after its retention', remove],
  ];
  for (const [how, end] of ENDS)
    it(`is restarted with a higher epoch when it was ${how}`, async () => {
      const orderId = await waiting();
      await end(orderId);
      const { restarted, failed } = await sweep();
      assert.deepEqual([restarted, failed], [1, 0]);
      assert.equal((await carrierOf(orderId)).epoch, 2);
      assert.equal((await checkouts.describe(checkoutWorkflowId(orderId)))?.epoch, 2);
      // Once it is alive, it stays.
      assert.equal((await sweep()).restarted, 0);
      await isPaidOnce(orderId);
      const restart = (await shop.events(orderId)).find(({ name }) => name === 'restarted');
      assert.deepEqual(restart?.data['run'], {
        epoch: 2,
        reason: how.startsWith('deleted') ? 'run_missing' : 'run_closed',
      });
    });

  it('is restarted once by two sweeps at a time, and by any number of callers', async () => {
    const orderIds = await Promise.all([waiting(), waiting(), waiting()]);
    for (const orderId of orderIds) await terminate(orderId, 'by hand');
    const options = { intervalMs: 0, idleMs: 0 };
    const reports = await Promise.all(Array.from({ length: 4 }, () => sweepOrders(parts, options)));
    assert.equal(
      reports.reduce((sum, report) => sum + (report?.restarted ?? 0), 0),
      3,
    );
    for (const orderId of orderIds) assert.equal((await carrierOf(orderId)).epoch, 2);

    const [orderId] = orderIds;
    await terminate(orderId, 'by hand');
    const recovery = createOrderRecovery(parts);
    const found = await Promise.all(
      Array.from({ length: 6 }, (): Promise<Carriage> => recovery.recover(orderId)),
    );
    assert.equal(found.filter((carriage) => carriage === 'restarted').length, 1);
    assert.equal((await carrierOf(orderId)).epoch, 3);
    for (const each of orderIds) await isPaidOnce(each);
  });

  it('is paid after a payment event, though no sweep has come by', async () => {
    const orderId = await waiting();
    await terminate(orderId, 'by hand');
    await isPaidOnce(orderId);
    assert.equal((await carrierOf(orderId)).epoch, 2);
  });

  it('can be cancelled, though no sweep has come by', async () => {
    const orderId = await waiting();
    await terminate(orderId, 'by hand');
    const { status, order } = await shop.cancel(orderId);
    assert.deepEqual([status, order.status], [200, 'cancelled']);
    assert.equal(stage.provider.paymentOf(orderId).captured, 0);
  });

  /** The order has ended without money, and its customer was told so once. */
  async function hasFailed(orderId: string, status: string, reason: string): Promise<void> {
    const order = await shop.becomes(orderId, (now) => {
      assert.deepEqual([now.status, now.reason], [status, reason]);
    });
    assert.deepEqual([order.payment.status, order.payment.captured, order.attention], ['cancelled', 0, null]);
    assert.equal(stage.provider.paymentOf(orderId).captured, 0);
    const { rows } = await stage.shop.pool.query<{ state: string }>(
      'select state from reservations where order_id = $1',
      [orderId],
    );
    assert.deepEqual(rows, [{ state: 'released' }]);
    assert.deepEqual(
      (await shop.events(orderId)).map(({ name }) => name).filter((name) => FAILURES.includes(name)),
      [status],
    );
    await waitUntilPasses(async () => {
      assert.deepEqual((await shop.mails(orderId)).sort(), [status, 'created'].sort());
    });
  }
  /** Its run is terminated when it has voided the payment, before it has recorded the end of the order. */
  async function isLostWhileVoiding(
    orderId: string,
    gate: { waiting(): number; open(): void },
  ): Promise<void> {
    await waitUntilPasses(() => {
      assert.equal(gate.waiting(), 1);
    });
    await terminate(orderId, 'by hand');
    gate.open();
  }

  it('is cancelled as it was asked for, though its run is gone when it has voided the payment', async () => {
    const orderId = await waiting();
    const gate = stage.provider.holdVoids(orderId);
    const cancelling = shop.cancel(orderId, 'changed_my_mind');
    await isLostWhileVoiding(orderId, gate);
    const { status, order } = await cancelling;
    assert.deepEqual([status, order.status], [200, 'cancelled']);
    await hasFailed(orderId, 'cancelled', 'changed_my_mind');
  });

  it('is cancelled by its next run without being asked again, once its run had accepted that', async () => {
    const [untouched, voided] = [await waiting(), await waiting()];
    await stage.provider.void({ orderId: voided, paymentIntentId: `pi_${voided}` });
    for (const orderId of [untouched, voided]) {
      await carriers.recordCancelRequest(orderId, 'changed_my_mind');
      await remove(orderId);
    }
    assert.equal((await sweep()).restarted, 2);
    for (const orderId of [untouched, voided]) await hasFailed(orderId, 'cancelled', 'changed_my_mind');
  });

  it('is cancelled if its run has voided the payment for that, whoever had asked for it', async () => {
    const orderId = await waiting();
    const gate = stage.provider.holdVoids(orderId);
    await handleOf(orderId).cancel();
    await isLostWhileVoiding(orderId, gate);
    assert.equal((await sweep()).restarted, 1);
    await hasFailed(orderId, 'cancelled', 'cancelled');
  });

  it('expires, though its run is gone when it has voided the payment after the deadline', async () => {
    const app = orderCalls(await stage.another({}, { paymentDeadlineMs: 2_000 }));
    const { orderId } = await app.place(WAITS);
    await isLostWhileVoiding(orderId, stage.provider.holdVoids(orderId));
    assert.equal((await sweep()).restarted, 1);
    await hasFailed(orderId, 'expired', 'authentication_expired');
  });

  it('has a failed payment if somebody has cancelled it at the provider while the run was gone', async () => {
    const orderId = await waiting();
    await terminate(orderId, 'by hand');
    await stage.provider.void({ orderId, paymentIntentId: `pi_${orderId}` });
    assert.equal((await sweep()).restarted, 1);
    await hasFailed(orderId, 'payment_failed', 'payment_cancelled');
  });

  it('waits for its review again, and keeps the decision of its reviewer', async () => {
    const review = { above: { EUR: 1 }, countries: [], deadlineMs: 600_000 };
    const app = orderCalls(await stage.another({}, { review }));
    const [kept, decided] = [await app.place(), await app.place()];
    for (const { orderId, status } of [kept, decided]) {
      assert.equal(status, 'in_review');
      await terminate(orderId, 'by hand');
    }
    // The decision was recorded, and the workflow was gone before it could follow.
    const { orderId } = decided;
    const rejected = { orderId, event: 'review_rejected', status: 'in_review', decision: 'reject' } as const;
    await stage.shop.ledger.recordReview([rejected]);
    assert.equal((await sweep()).restarted, 2);
    await app.becomes(orderId, ({ status }) => {
      assert.equal(status, 'rejected');
    });
    assert.throws(() => stage.provider.paymentOf(kept.orderId), 'it was not charged');
    assert.equal((await app.review(kept.orderId, { decision: 'approve' })).status, 200);
    await app.becomes(kept.orderId, ({ status }) => {
      assert.equal(status, 'paid');
    });
  });

  it('is not undone by a run of an earlier epoch that is reset by hand, and has a run again afterwards', async () => {
    const orderId = await waiting();
    const first = await handleOf(orderId).describe();
    await terminate(orderId, 'by hand');
    await sweep();
    const events = await shop.events(orderId);
    await reset(orderId, first.runId);
    await waitUntilPasses(async () => {
      assert.equal((await checkouts.describe(checkoutWorkflowId(orderId)))?.isRunning, false);
    });
    assert.deepEqual(await shop.events(orderId), events);
    await age(orderId);
    assert.equal((await sweep()).restarted, 1);
    assert.equal((await carrierOf(orderId)).epoch, 3);
    await isPaidOnce(orderId);
  });

  it('goes on after a reset of the run that carries it, which keeps its epoch', async () => {
    const orderId = await waiting();
    await reset(orderId, (await handleOf(orderId).describe()).runId);
    assert.equal((await sweep()).restarted, 0);
    await isPaidOnce(orderId);
    assert.equal((await carrierOf(orderId)).epoch, 1);
  });

  it('has its group as carrier; a start that arrives late neither takes nor orphans it', async () => {
    // A claims the order, its start times out, and B takes over in a group. Then the start of A arrives, and gives up.
    const order: CheckoutOrder = checkoutOrder(WAITS);
    const other = checkoutOrder();
    const claims = createOrderClaims(stage.shop.pool);
    const { orderId, requestHash } = order;
    const workflowId = checkoutWorkflowId(orderId);
    await claims.claim([{ orderId, requestHash, workflowId }]);
    const group = `group/${randomUUID()}`;
    const [taken] = await claims.claim([
      { orderId, requestHash, workflowId: group, from: workflowId, fromEpoch: 1 },
    ]);
    assert.equal(taken?.epoch, 2);
    await claims.claim([{ orderId: other.orderId, requestHash: other.requestHash, workflowId: group }]);
    assert.equal(await checkouts.start({ order, epoch: 1 }), true);
    await handleOf(orderId).result();
    assert.equal(await stage.shop.reader.find(orderId), undefined);
    await checkouts.startGroup(group, [
      { order, epoch: 2 },
      { order: other, epoch: 1 },
    ]);
    await shop.becomes(other.orderId, ({ status }) => {
      assert.equal(status, 'paid');
    });
    await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'awaiting_customer');
    });
    const carrier = await carrierOf(orderId);
    assert.deepEqual([carrier.workflowId, carrier.epoch], [workflowId, 3]);
    await isPaidOnce(orderId);
    assert.equal((await sweep()).restarted, 0);
  });

  it('is restarted by itself when its group is gone', async () => {
    const orders = [checkoutOrder(WAITS), checkoutOrder(WAITS)];
    const group = `group/${randomUUID()}`;
    const claims = createOrderClaims(stage.shop.pool);
    await claims.claim(
      orders.map(({ orderId, requestHash }) => ({ orderId, requestHash, workflowId: group })),
    );
    // Nobody runs the group: it was started and terminated before its first task, and PostgreSQL has none of its orders.
    await stage.client.workflow.start(GROUP_WORKFLOW, {
      workflowId: group,
      taskQueue: TASK_QUEUES.checkout,
      startDelay: '1h',
      args: [{ orders, policy: sweepPolicy }],
      typedSearchAttributes: [],
    });
    await stage.client.workflow.getHandle(group).terminate('by hand');
    for (const { orderId } of orders)
      assert.equal(await createOrderRecovery(parts).recover(orderId), 'restarted');
    for (const { orderId } of orders) {
      await shop.becomes(orderId, ({ status }) => {
        assert.equal(status, 'awaiting_customer');
      });
      await isPaidOnce(orderId);
    }
  });

  it('gets a run that sends its mails, if it was gone when the order was decided', async () => {
    const orderId = await waiting();
    await terminate(orderId, 'by hand');
    await stage.shop.pool.query('delete from mails where order_id = $1', [orderId]);
    const payment = {
      attempt: 1,
      status: 'succeeded',
      paymentIntentId: `pi_${orderId}`,
      captured: 1_200,
    } as const;
    await stage.shop.ledger.confirmOrder([{ orderId, payment }]);
    assert.equal((await sweep()).restarted, 1);
    await waitUntilPasses(async () => {
      assert.deepEqual((await shop.mails(orderId)).sort(), ['created', 'paid']);
    });
    assert.equal((await sweep()).restarted, 0);
  });

  it('needs no run once it is decided', async () => {
    const { orderId, status } = await shop.place();
    assert.equal(status, 'paid');
    await waitAtMost(20_000, 'the run of the order has ended', handleOf(orderId).result());
    const deleted = partsWithout(orderId);
    assert.equal((await sweepWith(deleted)).restarted, 0);
    assert.equal(await createOrderRecovery(deleted).recover(orderId), 'decided');
    assert.equal(await createOrderRecovery(deleted).recover('ord_none'), 'unknown');
  });

  it('is counted in the statistics', async () => {
    const { carriers: figures } = (await stage.app.inject(getting('/v1/stats'))).json<StatsView>();
    assert.ok(figures.restarted > 5);
    assert.equal(figures.lost, 0);
    assert.ok(figures.lastSweepAt !== undefined);
  });

  it('needs attention when it is gone again and again, until a run of it lives', async () => {
    const orderId = await waiting();
    for (let time = 0; time < 5; time += 1) {
      await terminate(orderId, 'by hand');
      await sweep();
    }
    const { attention } = await shop.order(orderId);
    assert.equal(attention?.step, 'carryOrder');
    const { carriers: figures } = (await stage.app.inject(getting('/v1/stats'))).json<StatsView>();
    assert.equal(figures.lost, 1);
    const note = 'The provider answers again';
    assert.equal((await shop.resolveAttention(orderId, { action: 'retry', note })).status, 200);
    assert.equal((await shop.order(orderId)).attention, null);
    const restarts = (await stage.shop.reader.events(orderId)).filter(({ type }) =>
      type.includes('.restarted.'),
    );
    const [byOperator, byItself] = [restarts.at(-1), restarts.at(-2)];
    assert.deepEqual([byOperator?.actor?.type, byOperator?.reason], ['client', note]);
    assert.deepEqual([byItself?.actor?.type, byItself?.reason], ['system', undefined]);
    await isPaidOnce(orderId);
  });

  it('needs attention when the code of its workflow fails again and again', async () => {
    const orderId = await waiting();
    const failing: SweepParts = {
      ...parts,
      checkouts: {
        ...checkouts,
        describe: async (workflowId) => {
          const run = await checkouts.describe(workflowId);
          return run && { ...run, isFailing: workflowId === checkoutWorkflowId(orderId) };
        },
      },
    };
    await sweepWith(failing);
    await sweepWith(failing);
    assert.equal((await shop.order(orderId)).attention?.step, 'carryOrder');
    // The code is mended, and the workflow goes on.
    await sweep();
    assert.equal((await shop.order(orderId)).attention, null);
    await isPaidOnce(orderId);
  });

  it('has its operations finished when their workflows are gone', async () => {
    const { orderId } = await shop.place();
    const gate = stage.provider.holdRefunds(orderId);
    const refunding = shop.refund(orderId, { amount: 300 });
    await waitUntilPasses(() => {
      assert.equal(gate.waiting(), 1);
    });
    const { rows } = await stage.shop.pool.query<{ refund_id: string }>(
      'select refund_id from refunds where order_id = $1',
      [orderId],
    );
    await stage.client.workflow.getHandle(`order/${rows[0]?.refund_id}`).terminate('by hand');
    gate.open();
    await refunding;
    assert.ok((await sweep()).restarted > 0);
    await shop.becomes(orderId, ({ payment }) => {
      assert.equal(payment.refunded, 300);
    });
    assert.equal(stage.provider.paymentOf(orderId).refunded, 300);
    assert.equal((await sweep()).restarted, 0);
  });
});

describe('an order that was accepted while no worker runs', function () {
  this.timeout(120_000);
  let stage: Stage;
  let parts: SweepParts;
  before(async () => {
    stage = await openStage();
    parts = sweepPartsOf(stage);
  });
  after(() => stage.close());

  it('is restarted when its workflow is terminated before PostgreSQL has the order', async () => {
    const key = newKey();
    const place = () => stage.app.inject(placing(orderRequest(), { 'idempotency-key': key }));
    const { orderId } = orderOf(await place());
    const handle = stage.client.workflow.getHandle(checkoutWorkflowId(orderId));
    await handle.terminate('by hand');
    // Visibility shows it a moment later.
    await waitUntilPasses(async () => {
      assert.equal((await sweepWith(parts)).restarted, 1);
    }, 30_000);
    const run = await parts.checkouts.describe(checkoutWorkflowId(orderId));
    assert.deepEqual([run?.isRunning, run?.epoch], [true, 2]);

    // The same request, sent again, does not take a workflow that has closed for one that carries the order.
    await handle.terminate('by hand');
    assert.equal(orderOf(await place()).orderId, orderId);
    assert.equal((await parts.checkouts.describe(checkoutWorkflowId(orderId)))?.epoch, 3);
  });

  it('is restarted as cancelled when a run had accepted that before PostgreSQL had the order', async () => {
    const { orderId } = orderOf(await stage.app.inject(placing(orderRequest())));
    await parts.carriers.recordCancelRequest(orderId, 'changed_my_mind');
    await stage.client.workflow.getHandle(checkoutWorkflowId(orderId)).terminate('by hand');
    const recovery = createOrderRecovery(parts);
    assert.equal(await recovery.recover(orderId), 'restarted');
    const order = await parts.checkouts.find(checkoutWorkflowId(orderId), orderId);
    assert.equal(order?.cancelReason, 'changed_my_mind');
  });

  it('has a fulfilment that was terminated by hand started again, with its input', async () => {
    const { orderId } = orderOf(await stage.app.inject(placing(orderRequest())));
    await createFulfilmentClient(stage.client, stage.taskQueue).changed(orderId);
    const handle = stage.client.workflow.getHandle(fulfilmentWorkflowId(orderId));
    const { runId } = await handle.describe();
    await handle.terminate('by hand');
    await waitUntilPasses(async () => {
      assert.equal((await sweepWith(parts)).restarted, 1);
    }, 30_000);
    const again = await handle.describe();
    assert.deepEqual([again.status.name, again.runId === runId], ['RUNNING', false]);
    const [started] = (await handle.fetchHistory()).events ?? [];
    const input = started?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
    assert.deepEqual(JSON.parse(Buffer.from(input ?? []).toString()), { orderId });
    assert.equal((await sweepWith(parts)).restarted, 0);
  });

  it('is not restarted while it waits for a worker', async () => {
    orderOf(await stage.app.inject(placing(orderRequest())));
    assert.equal((await sweepWith(parts)).restarted, 0);
  });
});
