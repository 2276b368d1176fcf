import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { ChargeOutcome, CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import { checkoutWorkflowId, latePaymentWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { History } from '../../src/workers/history-json.ts';
import { cancelUpdate, paymentEventSignal, reviewUpdate, statusQuery } from '../../src/workflows/checkout.ts';
import type { latePayment } from '../../src/workflows/operations/late-payment.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/step-runner.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import {
  authorized,
  declined,
  fault,
  gate,
  none,
  outcome,
  refused,
  requiresAction,
  reserved,
  succeeded,
  times,
} from '../support/script-lines.ts';
import {
  openWorkflowStage,
  type CheckoutHandle,
  type Played,
  type WorkflowStage,
} from '../support/workflows.ts';

const waitsIn = (handle: CheckoutHandle, status: string) =>
  waitUntilPasses(async () => {
    assert.equal(await handle.query(statusQuery), status);
  });
const called = ({ calls }: Played, name: string) =>
  waitUntilPasses(() => {
    assert.ok(calls.includes(name), `${name} was not called`);
  });

type EventAttributes = keyof NonNullable<NonNullable<History['events']>[number]>;

describe('checkout workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  /** How often something is in the order's history. */
  const inHistory = async ({ orderId }: CheckoutOrder, attributes: EventAttributes): Promise<number> => {
    const { workflow } = stage.environment.client;
    const { events } = await workflow.getHandle(checkoutWorkflowId(orderId)).fetchHistory();
    return (events ?? []).filter((event) => event[attributes] != null).length;
  };

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('reserves, charges, confirms, and tells the customer once', async () => {
    const { status, calls, mails } = await stage.play({});
    assert.equal(status, 'paid');
    assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'confirmOrder', 'notify']);
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('ends out of stock without a charge', async () => {
    const { status, calls, mails } = await stage.play({
      reserveStock: [
        outcome({ status: 'out_of_stock', reason: 'out_of_stock:mug-01', total: 1_000, currency: 'EUR' }),
      ],
    });
    assert.equal(status, 'out_of_stock');
    assert.deepEqual(calls, ['reserveStock', 'notify']);
    assert.deepEqual(mails, ['out_of_stock']);
  });

  it('answers what an order is that was carried to its end before, and only sees that the customer is told', async () => {
    const { status, calls, mails } = await stage.play({
      reserveStock: [outcome({ status: 'paid', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.deepEqual(calls, ['reserveStock', 'notify']);
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('goes on with an order that a reset run had left waiting', async () => {
    const { status, calls } = await stage.play({
      reserveStock: [outcome({ status: 'payment_unknown', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.ok(calls.includes('chargePayment'));
  });

  it('charges nothing for what is free', async () => {
    const { status, calls } = await stage.play({
      reserveStock: [outcome({ status: 'reserved', total: 0, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.ok(!calls.includes('chargePayment'));
  });

  it('takes a decline as final: the payment is ended and the stock goes back', async () => {
    const { status, reason, calls, mails } = await stage.play({ chargePayment: [declined] });
    assert.deepEqual([status, reason], ['payment_failed', 'card_declined']);
    assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'voidPayment', 'releaseStock', 'notify']);
    assert.deepEqual(mails, ['payment_failed']);
  });

  it('retries faults of the database and of the provider until they are over', async () => {
    const { status, calls } = await stage.play({
      reserveStock: [fault, fault, outcome({ status: 'reserved', total: 1_000, currency: 'EUR' })],
      chargePayment: [fault, fault, succeeded],
      confirmOrder: [fault, outcome({ status: 'paid', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.equal(calls.filter((name) => name === 'chargePayment').length, 3);
  });

  it('needs one task of the server where the provider answers at once', async () => {
    const { status, order } = await stage.play({});
    assert.equal(status, 'paid');
    assert.equal(await inHistory(order, 'workflowTaskCompletedEventAttributes'), 1);
    assert.equal(await inHistory(order, 'activityTaskScheduledEventAttributes'), 0);
  });

  it('asks a slow provider again, and knows that it may have charged', async () => {
    const { status, order, asked } = await stage.play({ chargePayment: [fault, succeeded] });
    assert.equal(status, 'paid');
    assert.equal(await inHistory(order, 'activityTaskScheduledEventAttributes'), 1);
    assert.deepEqual(
      asked('chargePayment').map(({ attempt, triedBefore }) => [attempt, triedBefore]),
      [
        [1, false],
        [1, true],
      ],
    );
  });

  it('charges what was reviewed in a step of its own, whose death the server would know of', async () => {
    const { status, order } = await stage.play(
      {},
      async (handle) => {
        await waitsIn(handle, 'in_review');
        await handle.executeUpdate(reviewUpdate, { args: [{ decision: 'approve' }] });
      },
      { policy: { review: { above: { EUR: 1 }, countries: [], deadlineMs: 60_000 } } },
    );
    assert.equal(status, 'paid');
    assert.equal(await inHistory(order, 'activityTaskScheduledEventAttributes'), 1);
  });

  it('does not take silence for a decline: the payment is unknown, and asked for until it is known', async () => {
    const recorded: string[] = [];
    const asked: boolean[] = [];
    const { status, calls, mails } = await stage.play({
      recordWaiting: [
        (updates) => {
          recorded.push(...updates.map((update) => update.status));
          return Promise.resolve(
            updates.map((update) => ({
              orderId: update.orderId,
              status: update.status,
              total: 1_000,
              currency: 'EUR',
            })),
          );
        },
      ],
      chargePayment: [
        ...Array.from({ length: 12 }, () => (charges: { triedBefore: boolean }[]) => {
          asked.push(...charges.map(({ triedBefore }) => triedBefore));
          return fault();
        }),
        succeeded,
      ],
    });
    assert.equal(status, 'paid');
    assert.deepEqual(recorded, ['payment_unknown']);
    assert.ok(!calls.includes('releaseStock'), 'stock was freed while the payment was undecided');
    assert.deepEqual(new Set(asked.slice(5)), new Set([true]), 'it was charged again without asking first');
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('charges under a new number only after the provider said that no money moved', async () => {
    const attempts: number[] = [];
    const note =
      (then: typeof succeeded) =>
      (charges: { orderId: string; attempt: number }[]): Promise<ChargeOutcome[]> => {
        attempts.push(...charges.map(({ attempt }) => attempt));
        return then(charges);
      };
    const { status } = await stage.play({ chargePayment: [fault, note(none), note(succeeded)] });
    assert.equal(status, 'paid');
    assert.deepEqual(attempts, [1, 2]);
  });

  it('gives a provider up that moves no money for a quarter of an hour', async () => {
    const { status, reason, calls } = await stage.play({ chargePayment: [none] });
    assert.deepEqual([status, reason], ['payment_failed', 'provider_unavailable']);
    assert.equal(calls.at(-2), 'releaseStock');
  });

  describe('3-D Secure', () => {
    it('waits for the customer and goes on when the provider has news', async () => {
      const { status, mails } = await stage.play(
        { chargePayment: [requiresAction], retrievePayment: [succeeded] },
        async (handle) => {
          await waitsIn(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.equal(status, 'paid');
      assert.deepEqual(mails, ['created', 'paid']);
    });

    it('ends as a failed payment when the customer fails', async () => {
      const { status, reason, calls } = await stage.play(
        {
          chargePayment: [requiresAction],
          retrievePayment: [
            outcome({ status: 'declined', declineCode: 'payment_intent_authentication_failure' }),
          ],
        },
        async (handle) => {
          await waitsIn(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.deepEqual([status, reason], ['payment_failed', 'payment_intent_authentication_failure']);
      assert.deepEqual(calls.slice(-3), ['voidPayment', 'releaseStock', 'notify']);
    });

    it('expires at its deadline: first the payment is ended, then the stock is freed', async () => {
      const { status, reason, calls, mails } = await stage.play({ chargePayment: [requiresAction] });
      assert.deepEqual([status, reason], ['expired', 'authentication_expired']);
      assert.ok(calls.indexOf('voidPayment') < calls.indexOf('releaseStock'));
      assert.deepEqual(mails, ['created', 'expired']);
    });

    it('is paid, not expired, when the money moved just before the deadline', async () => {
      const { status, calls } = await stage.play({
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
      });
      assert.equal(status, 'paid');
      assert.ok(!calls.includes('releaseStock'));
    });

    it('is not moved on by old or doubled news', async () => {
      const { status, calls } = await stage.play(
        { chargePayment: [requiresAction], retrievePayment: [requiresAction, requiresAction, succeeded] },
        async (handle, seen) => {
          await waitsIn(handle, 'awaiting_customer');
          for (const count of [1, 2, 3]) {
            await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
            await waitUntilPasses(() => {
              assert.equal(seen.calls.filter((name) => name === 'retrievePayment').length, count);
            });
          }
        },
      );
      assert.equal(status, 'paid');
      assert.equal(calls.filter((name) => name === 'confirmOrder').length, 1);
    });

    it('goes on after the provider was silent, with all that the customer needs', async () => {
      const recorded: string[] = [];
      const { status } = await stage.play(
        {
          chargePayment: [requiresAction],
          retrievePayment: [fault, fault, fault, fault, fault, requiresAction, succeeded],
          recordWaiting: [
            (updates) => {
              recorded.push(
                ...updates.map((update) => `${update.status} ${update.payment.clientSecret ?? ''}`),
              );
              return Promise.resolve([]);
            },
          ],
        },
        async (handle) => {
          await waitsIn(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
          await waitUntilPasses(() => {
            assert.deepEqual(recorded, [
              'awaiting_customer secret',
              'payment_unknown ',
              'awaiting_customer secret',
            ]);
          });
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.equal(status, 'paid');
    });

    it('is cancelled while it waits: the payment is ended and the stock goes back', async () => {
      const { status, mails } = await stage.play({ chargePayment: [requiresAction] }, async (handle) => {
        await waitsIn(handle, 'awaiting_customer');
        const answer = await handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed my mind' }] });
        assert.deepEqual(answer, { cancelled: true, status: 'cancelled' });
      });
      assert.equal(status, 'cancelled');
      assert.deepEqual(mails, ['created', 'cancelled']);
    });

    it('is refunded when it is cancelled after the customer had paid', async () => {
      const { status, calls } = await stage.play(
        { chargePayment: [requiresAction], voidPayment: [succeeded] },
        async (handle) => {
          await waitsIn(handle, 'awaiting_customer');
          await handle.executeUpdate(cancelUpdate, { args: [{}] });
        },
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-3), ['refundPayment', 'releaseStock', 'notify']);
    });
  });

  describe('cancel', () => {
    it('before the charge: nothing is charged', async () => {
      const { status, calls } = await stage.play(
        { reserveStock: [refused(), reserved] },
        async (handle, seen) => {
          await called(seen, 'parkStep');
          await handle.executeUpdate(cancelUpdate, { args: [{}] });
        },
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-3), ['resolveStep', 'releaseStock', 'notify']);
      assert.ok(!calls.includes('chargePayment'));
    });

    it('when a task that was lost may have charged: that is found out, then the money goes back', async () => {
      const again = outcome({ status: 'reserved', total: 1_000, currency: 'EUR', repeated: true });
      const { status, calls } = await stage.play(
        { reserveStock: [refused(), again] },
        async (handle, seen) => {
          await called(seen, 'parkStep');
          await handle.executeUpdate(cancelUpdate, { args: [{}] });
        },
      );
      assert.equal(status, 'cancelled');
      const undone = ['abandonOrder', 'refundPayment', 'releaseStock', 'notify'];
      assert.deepEqual(calls.slice(-5), ['chargePayment', ...undone]);
    });

    it('during the charge: its outcome is awaited, then the money goes back', async () => {
      const charging = gate();
      const { status, calls } = await stage.play(
        { chargePayment: [fault, charging.before(succeeded)] },
        async (handle) => {
          await charging.reached;
          const update = await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
          charging.open();
          assert.deepEqual(await update.result(), { cancelled: true, status: 'cancelled' });
        },
      );
      assert.equal(status, 'cancelled');
      const undone = ['abandonOrder', 'refundPayment', 'releaseStock', 'notify'];
      assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'chargePayment', ...undone]);
    });

    it('when a task that was lost had confirmed the order: it is paid, and no money goes back here', async () => {
      const charging = gate();
      const { status, calls, mails } = await stage.play(
        {
          chargePayment: [fault, charging.before(succeeded)],
          abandonOrder: [outcome({ status: 'paid', total: 1_000, currency: 'EUR' })],
        },
        async (handle) => {
          await charging.reached;
          const update = await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
          charging.open();
          assert.deepEqual(await update.result(), { cancelled: false, status: 'paid' });
        },
      );
      assert.equal(status, 'paid');
      assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'chargePayment', 'abandonOrder', 'notify']);
      assert.deepEqual(mails, ['created', 'paid']);
    });

    it('during a charge that is declined: the decline counts', async () => {
      const charging = gate();
      const { status } = await stage.play(
        { chargePayment: [fault, charging.before(declined)] },
        async (handle) => {
          await charging.reached;
          const update = await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
          charging.open();
          assert.deepEqual(await update.result(), { cancelled: false, status: 'payment_failed' });
        },
      );
      assert.equal(status, 'payment_failed');
    });

    it('after the charge: too late, and the answer says so', async () => {
      const mailing = gate();
      const sent = outcome({ status: 'sent' });
      const { status } = await stage.play({ notify: [refused(), mailing.before(sent)] }, async (handle) => {
        await mailing.reached;
        await assert.rejects(handle.executeUpdate(cancelUpdate, { args: [{}] }), WorkflowUpdateFailedError);
        mailing.open();
      });
      assert.equal(status, 'paid');
    });

    it('of the workflow itself undoes the order as well', async () => {
      const { status, calls } = await stage.play({ chargePayment: [requiresAction] }, async (handle) => {
        await waitsIn(handle, 'awaiting_customer');
        await handle.cancel();
      });
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-3), ['voidPayment', 'releaseStock', 'notify']);
    });
  });

  it('never gives up an undo: a refund and a release that fail go on until they succeed', async () => {
    const { status, count } = await stage.play(
      {
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
        refundPayment: [...times(9, fault), outcome({ refunded: 1_000 })],
        releaseStock: [
          ...times(9, refused()),
          outcome({ status: 'cancelled', total: 1_000, currency: 'EUR' }),
        ],
      },
      async (handle) => {
        await waitsIn(handle, 'awaiting_customer');
        await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
      },
    );
    assert.equal(status, 'cancelled');
    assert.equal(count('refundPayment'), 10);
    assert.equal(count('releaseStock'), 10);
  });

  it('refunds when the reservation was lost before it could be confirmed', async () => {
    const { status, reason, calls, asked } = await stage.play({
      confirmOrder: [outcome({ status: 'cancelled', total: 1_000, currency: 'EUR' })],
    });
    assert.deepEqual([status, reason], ['cancelled', 'reservation_lost']);
    assert.deepEqual(calls.slice(-4), ['confirmOrder', 'refundPayment', 'releaseStock', 'notify']);
    const [release] = asked('releaseStock');
    assert.deepEqual([release?.payment?.status, release?.payment?.refunded], ['refunded', 1_000]);
  });

  for (const status of ['refunded', 'cancelled'] as const) {
    it(`gives nothing back when a task that was lost had confirmed it, and it is ${status} since`, async () => {
      const {
        status: end,
        calls,
        mails,
      } = await stage.play({
        confirmOrder: [outcome({ status, wasPaid: true, total: 1_000, currency: 'EUR' })],
      });
      assert.equal(end, 'paid');
      assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'confirmOrder', 'notify']);
      assert.deepEqual(mails, ['created', 'paid']);
    });
  }

  for (const [action, end] of [
    ['skip', 'succeeded'],
    ['resolve', 'refunded'],
  ] as const) {
    it(`writes down that an operator settled a refund by hand (${action})`, async () => {
      const { status, asked } = await stage.play(
        {
          confirmOrder: [outcome({ status: 'cancelled', total: 1_000, currency: 'EUR' })],
          refundPayment: [refused()],
        },
        async (handle, seen) => {
          await called(seen, 'parkStep');
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action }] });
        },
      );
      assert.equal(status, 'cancelled');
      const [release] = asked('releaseStock');
      assert.deepEqual([release?.payment?.status, release?.payment?.settledByHand], [end, action]);
      assert.equal(release?.payment?.refunded, action === 'resolve' ? 1_000 : undefined);
    });
  }

  describe('of a shop that captures later', () => {
    const later = { policy: { capture: 'later' } } as const;

    it('is confirmed with the money authorised and not taken', async () => {
      const { status, asked } = await stage.play({ chargePayment: [authorized] }, undefined, later);
      assert.equal(status, 'paid');
      assert.equal(asked('chargePayment')[0]?.capture, 'later');
      const [confirmed] = asked('confirmOrder');
      assert.deepEqual(confirmed?.payment, {
        attempt: 1,
        status: 'authorized',
        paymentIntentId: 'pi_1',
        captured: 0,
        capturable: 1_000,
      });
    });

    it('cancelled after the authorisation releases it, and gives nothing back', async () => {
      const charging = gate();
      const { status, calls, asked } = await stage.play(
        { chargePayment: [fault, charging.before(authorized)] },
        async (handle) => {
          await charging.reached;
          await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
          charging.open();
        },
        later,
      );
      assert.equal(status, 'cancelled');
      const undone = ['abandonOrder', 'voidPayment', 'releaseStock', 'notify'];
      assert.deepEqual(calls.slice(1), ['chargePayment', 'chargePayment', ...undone]);
      const [release] = asked('releaseStock');
      assert.deepEqual([release?.payment?.status, release?.payment?.capturable], ['cancelled', 0]);
    });

    it('cancelled after the money was taken all the same gives it back', async () => {
      const { status, calls, asked } = await stage.play(
        {
          chargePayment: [authorized],
          confirmOrder: [outcome({ status: 'cancelled', total: 1_000, currency: 'EUR' })],
          voidPayment: [succeeded],
        },
        undefined,
        later,
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-4), ['voidPayment', 'refundPayment', 'releaseStock', 'notify']);
      const [release] = asked('releaseStock');
      const { captured, refunded, capturable } = release?.payment ?? {};
      assert.deepEqual([captured, refunded, capturable], [1_000, 1_000, 0]);
    });
  });

  describe('news of another payment', () => {
    it('is looked into by a run of its own, once, when the order has ended', async () => {
      const { status, order, calls } = await stage.play(
        {
          chargePayment: [requiresAction],
          retrievePayment: [
            (items) => (items[0]?.paymentIntentId === 'pi_other' ? succeeded(items) : requiresAction(items)),
          ],
        },
        async (handle) => {
          await waitsIn(handle, 'awaiting_customer');
          for (const paymentIntentId of ['pi_other', 'pi_other'])
            await handle.signal(paymentEventSignal, { paymentIntentId });
        },
      );
      assert.equal(status, 'expired');
      const workflowId = latePaymentWorkflowId(order.orderId, 'pi_other');
      const handle = stage.environment.client.workflow.getHandle<typeof latePayment>(workflowId);
      assert.equal(await handle.result(), 'refunded');
      assert.equal(calls.filter((name) => name === 'recordLatePayment').length, 1);
    });

    it('does not wait for a mail that does not leave', async () => {
      const { status } = await stage.play(
        {
          chargePayment: [requiresAction],
          retrievePayment: [succeeded],
          notify: [outcome({ status: 'sent' }), refused('MailRefused')],
        },
        async (handle, seen) => {
          await waitsIn(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_other' });
          await called(seen, 'parkStep');
          await called(seen, 'isLatePayment');
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'notify paid', action: 'skip' }] });
        },
      );
      assert.equal(status, 'paid');
    });

    it('of the order its own payment needs nobody', async () => {
      const { calls } = await stage.play(
        { chargePayment: [requiresAction], retrievePayment: [succeeded] },
        async (handle) => {
          await waitsIn(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.ok(!calls.includes('isLatePayment'));
    });
  });

  it('is paid though no mail can be sent; the mail waits for an operator, who can leave it out', async () => {
    const { status, asked } = await stage.play({ notify: [fault] }, async (handle, seen) => {
      await stage.skipping(called(seen, 'parkStep'));
      const step = 'notify created, paid';
      await handle.executeUpdate(resolveStepUpdate, {
        args: [{ step, action: 'skip', note: 'told by telephone' }],
      });
    });
    assert.equal(status, 'paid');
    const [attended] = asked('resolveStep');
    assert.deepEqual([attended?.action, attended?.note], ['skip', 'told by telephone']);
  });
});
