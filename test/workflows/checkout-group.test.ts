import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import {
  checkoutWorkflowId,
  latePaymentWorkflowId,
  type CheckoutResult,
} from '../../src/contracts/temporal/names.ts';
import { paymentEventSignal, type checkout } from '../../src/workflows/checkout.ts';
import { groupPaymentEventSignal, detachUpdate } from '../../src/workflows/checkout-group.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { declined, fault, gate, succeeded, times } from '../support/script-lines.ts';
import { openWorkflowStage, type Played, type WorkflowStage } from '../support/workflows.ts';

type Answers = Record<string, unknown>[];

/** One answer an order, in turn. */
const answers =
  (...each: Answers): ((items: { orderId: string }[]) => Promise<never[]>) =>
  (items) =>
    Promise.resolve(items.map(({ orderId }, n) => ({ orderId, ...each[n] }) as never));

const reserved = { status: 'reserved', total: 1_000, currency: 'EUR' };
const paid = { status: 'paid' };

describe('group workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  /** How an order that has left its group ends. */
  const ownEnd = ({ order }: Played): Promise<CheckoutResult> =>
    stage.environment.client.workflow.getHandle<typeof checkout>(checkoutWorkflowId(order.orderId)).result();

  // First: the server skips no time any more once an order has left its group.
  it('leaves a mail that does not leave to the order itself', async () => {
    const { result, orders } = await stage.playGroup([
      { notify: times(80, fault) },
      { reserveStock: [answers({ ...reserved, status: 'paid' })] },
    ]);
    assert.deepEqual(result, { paid: 2 });
    const [, second] = orders;
    assert(second);
    assert.equal((await ownEnd(second)).status, 'paid');
    assert.equal(second.count('chargePayment'), 0);
  });

  it('reserves, charges and tells all its orders in one step each', async () => {
    const { result, orders, workflowId } = await stage.playGroup([{}, {}, {}]);
    assert.deepEqual(result, { paid: 3 });
    const [first] = orders;
    assert(first);
    assert.deepEqual(first.calls, ['reserveStock', 'settleCharges', 'notify']);
    for (const { mails } of orders) assert.deepEqual(mails, ['created', 'paid']);
    for (const each of first.asked('reserveStock')) assert.equal(each.workflowId, workflowId);
  });

  it('lets each order have its own outcome', async () => {
    const { result, orders } = await stage.playGroup([
      {
        reserveStock: [answers(reserved, { ...reserved, status: 'out_of_stock' }, reserved)],
        settleCharges: [answers({ status: 'payment_failed' }, paid)],
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

  it('lets an order that is not settled in time go on by itself, which asks the provider before it charges', async () => {
    const { result, orders, workflowId } = await stage.playGroup([
      { settleCharges: [answers(paid, { status: 'open' })] },
      { chargePayment: [succeeded] },
    ]);
    assert.deepEqual(result, { paid: 1, detached: 1 });
    const [, slow] = orders;
    assert(slow);
    assert.equal((await ownEnd(slow)).status, 'paid');
    assert.deepEqual(
      slow.asked('reserveStock').map(({ from }) => from),
      [workflowId],
    );
    assert.equal(slow.asked('chargePayment')[0]?.triedBefore, true);
    assert.deepEqual(slow.mails, ['created', 'paid']);
  });

  it('hands on what the provider has said, so that nothing is charged again', async () => {
    const charge = { status: 'requires_action', paymentIntentId: 'pi_3ds', clientSecret: 'secret' };
    const { orders } = await stage.playGroup([
      { settleCharges: [answers(paid, { status: 'open', charge })] },
      { retrievePayment: [succeeded] },
    ]);
    const [, customer] = orders;
    assert(customer);
    await stage.environment.client.workflow
      .getHandle(checkoutWorkflowId(customer.order.orderId))
      .signal(paymentEventSignal, { paymentIntentId: 'pi_3ds' });
    assert.equal((await ownEnd(customer)).status, 'paid');
    assert.equal(customer.count('chargePayment'), 0);
    assert.equal(customer.asked('retrievePayment')[0]?.paymentIntentId, 'pi_3ds');
  });

  it('charges no order that waits for a review: it leaves before', async () => {
    const review = { above: { EUR: 500 }, countries: [], deadlineMs: 1_000 };
    const { result, orders } = await stage.playGroup([{}, {}], undefined, { policy: { review } });
    assert.deepEqual(result, { detached: 2 });
    for (const order of orders) assert.equal((await ownEnd(order)).status, 'expired');
    assert.equal(orders[0]?.count('settleCharges'), 0);
  });

  it('gives up nothing where its steps fail: every order goes on by itself', async () => {
    const { result, orders } = await stage.playGroup([
      { reserveStock: [...times(8, fault), answers(reserved)] },
      {},
    ]);
    assert.deepEqual(result, { detached: 2 });
    for (const order of orders) {
      assert.equal((await ownEnd(order)).status, 'paid');
      assert.equal(order.asked('chargePayment')[0]?.triedBefore, false);
    }
  });

  it('asks the provider first about every charge, where it does not know which were made', async () => {
    const { orders } = await stage.playGroup([{ settleCharges: [fault], chargePayment: [declined] }, {}]);
    for (const order of orders) {
      await ownEnd(order);
      assert.deepEqual(
        order.asked('chargePayment').map(({ triedBefore }) => triedBefore),
        [true],
      );
    }
  });

  it('leaves an order alone that another workflow has', async () => {
    const other = { ...reserved, status: 'placed', total: 0, ownedBy: 'group/other' };
    const { result, orders } = await stage.playGroup([{ reserveStock: [answers(other, reserved)] }, {}]);
    assert.deepEqual(result, { detached: 1, paid: 1 });
    assert.deepEqual(
      orders.map(({ mails }) => mails),
      [[], ['created', 'paid']],
    );
  });

  it('lets an order out that is asked for, and tells when it was settled instead', async () => {
    const charging = gate();
    const { result, orders } = await stage.playGroup(
      [{ settleCharges: [charging.before(answers(paid, { status: 'open' }))] }, {}],
      async (handle, [first, second]) => {
        assert(first && second);
        await charging.reached;
        const leave = ({ order: { orderId } }: Played) =>
          handle.executeUpdate(detachUpdate, { args: [{ orderId }] });
        await assert.rejects(
          handle.executeUpdate(detachUpdate, { args: [{ orderId: 'ord_other' }] }),
          WorkflowUpdateFailedError,
        );
        const left = Promise.all([leave(first), leave(second)]);
        await handle.signal(groupPaymentEventSignal, {
          orderId: second.order.orderId,
          paymentIntentId: 'pi_news',
        });
        charging.open();
        assert.deepEqual(await left, [false, true]);
      },
    );
    assert.deepEqual(result, { paid: 1, detached: 1 });
    assert.equal((await ownEnd(orders[1] as Played)).status, 'paid');
  });

  it('hands over every payment that news comes of when its order is settled or has ended by itself', async () => {
    const telling = gate();
    const { orders } = await stage.playGroup(
      [
        {
          settleCharges: [answers(paid, { status: 'open' })],
          notify: [telling.before(() => Promise.resolve([]))],
          isLatePayment: [() => Promise.resolve([false])],
        },
        { chargePayment: [succeeded], isLatePayment: [() => Promise.resolve([false])] },
      ],
      async (handle, [settled, gone]) => {
        assert(settled && gone);
        await telling.reached;
        await waitUntilPasses(() => ownEnd(gone));
        for (const { order } of [settled, gone])
          await handle.signal(groupPaymentEventSignal, {
            orderId: order.orderId,
            paymentIntentId: 'pi_other',
          });
        telling.open();
      },
    );
    for (const { order } of orders) {
      const late = latePaymentWorkflowId(order.orderId, 'pi_other');
      assert.equal(await stage.environment.client.workflow.getHandle(late).result(), 'kept');
    }
  });

  it('cancels every order when it is cancelled itself', async () => {
    const charging = gate();
    const { orders } = await stage.playGroup(
      [{ settleCharges: [charging.before(answers({ status: 'open' }, paid))] }, {}],
      async (handle) => {
        await charging.reached;
        await handle.cancel();
        charging.open();
      },
    );
    assert.equal((await ownEnd(orders[0] as Played)).status, 'cancelled');
    assert.equal(orders[0]?.asked('refundPayment').length, 1);
  });
});
