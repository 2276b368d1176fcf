import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  DETACH_UPDATE,
  MAIL_REFUSED_FAILURE,
  PAYMENT_EVENT_SIGNAL,
} from '../../src/contracts/temporal/messages.ts';
import { checkoutWorkflowId, latePaymentWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { CheckoutResult } from '../../src/contracts/temporal/workflows.ts';
import { paymentEventSignal, statusQuery, type checkout } from '../../src/workflows/checkout.ts';
import { groupPaymentEventSignal, detachUpdate } from '../../src/workflows/checkout-group.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { declined, fault, gate, requiresAction, succeeded, times } from '../support/script-lines.ts';
import { openWorkflowStage, type CheckoutRun, type WorkflowStage } from '../support/workflows.ts';

type Outcomes = Record<string, unknown>[];

/** One outcome for each order, in sequence. */
const outcomes =
  (...each: Outcomes): ((items: { orderId: string }[]) => Promise<never[]>) =>
  (items) =>
    Promise.resolve(items.map(({ orderId }, n) => ({ orderId, ...each[n] }) as never));

const reserved = { status: 'reserved', total: 1_000, currency: 'EUR' };
const paid = { status: 'paid' };

/** The result of a detached order's own checkout. */
const ownResultOn =
  (stage: () => WorkflowStage) =>
  ({ order }: CheckoutRun): Promise<CheckoutResult> =>
    stage()
      .environment.client.workflow.getHandle<typeof checkout>(checkoutWorkflowId(order.orderId))
      .result();

describe('group workflow with mails that cannot be sent in time', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;
  const ownResult = ownResultOn(() => stage);

  // Each test has a server of its own, because the server no longer skips time once an order is detached.
  beforeEach(async () => {
    stage = await openWorkflowStage();
  });
  afterEach(() => stage.close());

  it('detaches an order whose mail cannot be sent', async () => {
    const { result, orders } = await stage.runGroup([
      { notify: times(80, fault) },
      { reserveStock: [outcomes({ ...reserved, status: 'paid' })] },
    ]);
    assert.deepEqual(result, { paid: 2 });
    const [, second] = orders;
    assert(second);
    assert.equal((await ownResult(second)).status, 'paid');
    assert.equal(second.count('chargePayment'), 0);
  });

  it('detaches only the orders whose mails could not be sent in time, and not those of the others', async () => {
    const deferredForLast = (mails: { orderId: string }[]): Promise<never> =>
      Promise.reject(
        ApplicationFailure.retryable('1 of 6 mails could not be sent', 'MailFault', [mails.at(-1)?.orderId]),
      );
    const { result, orders } = await stage.runGroup([
      { notify: times(80, deferredForLast) },
      {},
      { reserveStock: [outcomes({ ...reserved, status: 'paid' })] },
    ]);
    assert.deepEqual(result, { paid: 3 });
    const [first, , last] = orders;
    assert(first && last);
    assert.equal((await ownResult(last)).status, 'paid');
    assert.ok(first.count('notify') > 2);
    for (const other of orders.slice(0, 2))
      await assert.rejects(ownResult(other), { name: 'WorkflowNotFoundError' });
  });
});

describe('group workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  const ownResult = ownResultOn(() => stage);

  it('detaches no order for a mail that the server has refused for good: it is recorded, and ends', async () => {
    const refusedForLast = (mails: { orderId: string }[]): Promise<never> =>
      Promise.resolve(
        mails.map((mail, n) => ({ ...mail, status: n === mails.length - 1 ? 'refused' : 'sent' })) as never,
      );
    const { result, orders } = await stage.runGroup([{ notify: [refusedForLast] }, {}, {}]);
    assert.deepEqual(result, { paid: 3 });
    assert.equal(orders[0]?.count('notify'), 1);
    for (const order of orders) await assert.rejects(ownResult(order), { name: 'WorkflowNotFoundError' });
  });

  it('detaches only the order whose mail is refused for good by a worker of the version before', async () => {
    const refusedForLast = (mails: { orderId: string }[]): Promise<never> =>
      Promise.reject(
        ApplicationFailure.nonRetryable('A mail can never be sent', MAIL_REFUSED_FAILURE, [
          mails.at(-1)?.orderId,
        ]),
      );
    const { result, orders } = await stage.runGroup([
      { notify: [refusedForLast] },
      {},
      { reserveStock: [outcomes({ ...reserved, status: 'paid' })] },
    ]);
    assert.deepEqual(result, { paid: 3 });
    const [first, , last] = orders;
    assert(first && last);
    assert.equal((await ownResult(last)).status, 'paid');
    assert.equal(first.count('notify'), 1);
    for (const other of orders.slice(0, 2))
      await assert.rejects(ownResult(other), { name: 'WorkflowNotFoundError' });
  });

  it('reserves, charges and notifies all its orders by one activity each', async () => {
    const { result, orders, workflowId } = await stage.runGroup([{}, {}, {}]);
    assert.deepEqual(result, { paid: 3 });
    const [first] = orders;
    assert(first);
    assert.deepEqual(first.calls, ['reserveStock', 'settleCharges', 'notify']);
    for (const { mails } of orders) assert.deepEqual(mails, ['created', 'paid']);
    for (const each of first.requests('reserveStock')) assert.equal(each.workflowId, workflowId);
  });

  it('gives each order its own outcome', async () => {
    const { result, orders } = await stage.runGroup([
      {
        reserveStock: [outcomes(reserved, { ...reserved, status: 'out_of_stock' }, reserved)],
        settleCharges: [outcomes({ status: 'payment_failed' }, paid)],
      },
      {},
      {},
    ]);
    assert.deepEqual(result, { out_of_stock: 1, payment_failed: 1, paid: 1 });
    assert.deepEqual(
      orders.map(({ mails }) => mails),
      [['payment_failed'], ['out_of_stock'], ['created', 'paid']],
    );
  });

  it('detaches an order that is not settled in time, whose checkout asks the provider before it charges', async () => {
    const { result, orders, workflowId } = await stage.runGroup([
      { settleCharges: [outcomes(paid, { status: 'open' })] },
      { chargePayment: [succeeded] },
    ]);
    assert.deepEqual(result, { paid: 1, detached: 1 });
    const [, slow] = orders;
    assert(slow);
    assert.equal((await ownResult(slow)).status, 'paid');
    assert.deepEqual(
      slow.requests('reserveStock').map(({ from }) => from),
      [workflowId],
    );
    assert.equal(slow.requests('chargePayment')[0]?.triedBefore, true);
    assert.deepEqual(slow.mails, ['created', 'paid']);
  });

  it("hands over the provider's response, so that nothing is charged again", async () => {
    const charge = { status: 'requires_action', paymentIntentId: 'pi_3ds', clientSecret: 'secret' };
    const { orders } = await stage.runGroup([
      { settleCharges: [outcomes(paid, { status: 'open', charge })] },
      { retrievePayment: [succeeded] },
    ]);
    const [, customer] = orders;
    assert(customer);
    await stage.environment.client.workflow
      .getHandle(checkoutWorkflowId(customer.order.orderId))
      .signal(paymentEventSignal, { paymentIntentId: 'pi_3ds' });
    assert.equal((await ownResult(customer)).status, 'paid');
    assert.equal(customer.count('chargePayment'), 0);
    assert.equal(customer.requests('retrievePayment')[0]?.paymentIntentId, 'pi_3ds');
  });

  it('detaches an order that needs a review before it is charged', async () => {
    const review = { above: { EUR: 500 }, countries: [], deadlineMs: 1_000 };
    const { result, orders } = await stage.runGroup([{}, {}], undefined, { policy: { review } });
    assert.deepEqual(result, { detached: 2 });
    for (const order of orders) assert.equal((await ownResult(order)).status, 'expired');
    assert.equal(orders[0]?.count('settleCharges'), 0);
  });

  it('detaches every order if its reservation fails', async () => {
    const { result, orders } = await stage.runGroup([
      { reserveStock: [...times(8, fault), outcomes(reserved)] },
      {},
    ]);
    assert.deepEqual(result, { detached: 2 });
    for (const order of orders) {
      assert.equal((await ownResult(order)).status, 'paid');
      assert.equal(order.requests('chargePayment')[0]?.triedBefore, false);
    }
  });

  it('has the provider asked first about every charge, if it does not know which were made', async () => {
    const { orders } = await stage.runGroup([{ settleCharges: [fault], chargePayment: [declined] }, {}]);
    for (const order of orders) {
      await ownResult(order);
      assert.deepEqual(
        order.requests('chargePayment').map(({ triedBefore }) => triedBefore),
        [true],
      );
    }
  });

  it('does nothing about an order that another workflow owns', async () => {
    const other = { ...reserved, status: 'placed', total: 0, ownedBy: 'group/other' };
    const { result, orders } = await stage.runGroup([{ reserveStock: [outcomes(other, reserved)] }, {}]);
    assert.deepEqual(result, { detached: 1, paid: 1 });
    assert.deepEqual(
      orders.map(({ mails }) => mails),
      [[], ['created', 'paid']],
    );
  });

  it('does nothing about an order that a later run carries', async () => {
    const { result, orders } = await stage.runGroup([
      { settleCharges: [outcomes({ status: 'superseded' }, paid)] },
      {},
    ]);
    assert.deepEqual(result, { detached: 1, paid: 1 });
    assert.deepEqual(
      orders.map(({ mails }) => mails),
      [[], ['created', 'paid']],
    );
  });

  it('starts the checkout of an order again while one that does not carry it is open', async () => {
    const charging = gate();
    const { result, orders } = await stage.runGroup(
      [{ settleCharges: [charging.before(outcomes({ status: 'open' }, paid))] }, {}],
      async (_, [first]) => {
        assert(first);
        await charging.reached;
        const late = await stage.environment.client.workflow.start('checkout', {
          workflowId: checkoutWorkflowId(first.order.orderId),
          taskQueue: 'nobody',
          args: [],
        });
        charging.open();
        await delay(1_000);
        await late.terminate('it gives up');
      },
    );
    assert.deepEqual(result, { detached: 1, paid: 1 });
    const [first] = orders;
    assert(first);
    assert.equal((await ownResult(first)).status, 'paid');
    const [, own] = first.requests('reserveStock').filter(({ orderId }) => orderId === first.order.orderId);
    assert.deepEqual([own?.epoch, own?.from?.startsWith('group/')], [2, true]);
  });

  it('detaches an order on request, and returns false if it was settled instead', async () => {
    const charging = gate();
    const { result, orders } = await stage.runGroup(
      [{ settleCharges: [charging.before(outcomes(paid, { status: 'open' }))] }, {}],
      async (handle, [first, second]) => {
        assert(first && second);
        await charging.reached;
        const detach = ({ order: { orderId } }: CheckoutRun) =>
          handle.executeUpdate(detachUpdate, { args: [{ orderId }] });
        await assert.rejects(
          handle.executeUpdate(detachUpdate, { args: [{ orderId: 'ord_other' }] }),
          WorkflowUpdateFailedError,
        );
        const detached = Promise.all([detach(first), detach(second)]);
        await handle.signal(groupPaymentEventSignal, {
          orderId: second.order.orderId,
          paymentIntentId: 'pi_other',
        });
        charging.open();
        assert.deepEqual(await detached, [false, true]);
      },
    );
    assert.deepEqual(result, { paid: 1, detached: 1 });
    assert.equal((await ownResult(orders[1] as CheckoutRun)).status, 'paid');
  });

  it('is not stopped by signals and updates with a missing or wrong input', async () => {
    const charging = gate();
    const script = { settleCharges: [charging.before(outcomes(paid, paid))] };
    const { result } = await stage.runGroup([script, {}], async (handle) => {
      await charging.reached;
      for (const args of [
        [],
        [null],
        [{}],
        [{ orderId: 7 }],
        [{ orderId: 'ord_x', paymentIntentId: 'pi_1' }],
      ])
        await handle.signal(PAYMENT_EVENT_SIGNAL, ...args);
      for (const args of [[], [{}], [{ orderId: 7 }]])
        await assert.rejects(
          handle.executeUpdate(DETACH_UPDATE, { args: args as [unknown] }),
          WorkflowUpdateFailedError,
        );
      charging.open();
    });
    assert.deepEqual(result, { paid: 2 });
  });

  it('starts a late payment for each payment event after its order was settled or its checkout has ended', async () => {
    const notifying = gate();
    const { orders } = await stage.runGroup(
      [
        {
          settleCharges: [outcomes(paid, { status: 'open' })],
          notify: [notifying.before(() => Promise.resolve([]))],
        },
        { chargePayment: [succeeded] },
      ],
      async (handle, [settled, detached]) => {
        assert(settled && detached);
        await notifying.reached;
        await waitUntilPasses(() => ownResult(detached));
        for (const { order } of [settled, detached])
          await handle.signal(groupPaymentEventSignal, {
            orderId: order.orderId,
            paymentIntentId: 'pi_other',
          });
        notifying.open();
      },
    );
    for (const { order } of orders) {
      const late = latePaymentWorkflowId(order.orderId, 'pi_other');
      assert.equal(await stage.environment.client.workflow.getHandle(late).result(), 'reconciled');
    }
  });

  it('forwards a payment event to the checkout of a detached order that waits for its customer', async () => {
    const notifying = gate();
    const { orders } = await stage.runGroup(
      [
        {
          settleCharges: [outcomes(paid, { status: 'open' })],
          notify: [notifying.before(() => Promise.resolve([]))],
        },
        { chargePayment: [requiresAction], retrievePayment: [succeeded] },
      ],
      async (handle, [settled, detached]) => {
        assert(settled && detached);
        const { orderId } = detached.order;
        await notifying.reached;
        await waitUntilPasses(async () => {
          const own = stage.environment.client.workflow.getHandle(checkoutWorkflowId(orderId));
          assert.equal(await own.query(statusQuery), 'awaiting_customer');
        });
        await handle.signal(groupPaymentEventSignal, { orderId, paymentIntentId: 'pi_1' });
        notifying.open();
      },
    );
    const [, detached] = orders;
    assert(detached);
    assert.equal((await ownResult(detached)).status, 'paid');
    assert.equal(detached.count('isLatePayment'), 0);
  });

  it('starts one late payment for a payment event that arrives twice', async () => {
    const notifying = gate();
    const { orders } = await stage.runGroup(
      [
        {
          notify: [notifying.before(() => Promise.resolve([]))],
        },
      ],
      async (handle, [settled]) => {
        assert(settled);
        await notifying.reached;
        const event = { orderId: settled.order.orderId, paymentIntentId: 'pi_other' };
        await handle.signal(groupPaymentEventSignal, event);
        await handle.signal(groupPaymentEventSignal, event);
        notifying.open();
      },
    );
    const [order] = orders;
    assert(order);
    // The group does not wait for it.
    const workflowId = latePaymentWorkflowId(order.order.orderId, 'pi_other');
    await waitUntilPasses(() => stage.environment.client.workflow.getHandle(workflowId).result());
    assert.equal(order.count('readOrderPayments'), 1);
  });

  it('detaches an order whose own checkout has paid it in the meantime, and nothing is charged again', async () => {
    const reserving = gate();
    const waiting = { ...reserved, status: 'payment_unknown' };
    const { result, orders } = await stage.runGroup(
      [
        {
          reserveStock: [
            reserving.before(outcomes(waiting)),
            outcomes(waiting),
            outcomes({ ...reserved, status: 'paid' }),
          ],
        },
      ],
      async (_handle, [run]) => {
        assert(run);
        await reserving.reached;
        const own = await stage.startCheckout(run);
        assert.equal((await own.result()).status, 'paid');
        reserving.open();
      },
    );
    assert.deepEqual(result, { detached: 1 });
    const [order] = orders;
    assert(order);
    assert.equal((await ownResult(order)).status, 'paid');
    assert.equal(order.count('reserveStock'), 3);
    assert.equal(order.count('chargePayment'), 1);
  });

  it('cancels every order when the group is cancelled', async () => {
    const charging = gate();
    const { orders } = await stage.runGroup(
      [{ settleCharges: [charging.before(outcomes({ status: 'open' }, paid))] }, {}],
      async (handle) => {
        await charging.reached;
        await handle.cancel();
        charging.open();
      },
    );
    assert.equal((await ownResult(orders[0] as CheckoutRun)).status, 'cancelled');
    assert.equal(orders[0]?.requests('refundPayment').length, 1);
  });
});
