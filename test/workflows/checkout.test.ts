import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { ChargeOutcome, CheckoutOrder, VoidedFor } from '../../src/contracts/temporal/checkout.ts';
import {
  INVALID_INPUT_FAILURE,
  PAYMENT_EVENT_SIGNAL,
  REVIEW_UPDATE,
  RUN_SUPERSEDED_FAILURE,
} from '../../src/contracts/temporal/messages.ts';
import { checkoutWorkflowId, latePaymentWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { History } from '../../src/workers/history-json.ts';
import { cancelUpdate, paymentEventSignal, reviewUpdate, statusQuery } from '../../src/workflows/checkout.ts';
import type { latePayment } from '../../src/workflows/operations/late-payment.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
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
import type { Script } from '../support/scripted-activities.ts';
import {
  openWorkflowStage,
  type CheckoutHandle,
  type CheckoutRun,
  type WorkflowStage,
} from '../support/workflows.ts';

const UPDATE_COMPLETED =
  proto.temporal.api.enums.v1.UpdateWorkflowExecutionLifecycleStage
    .UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED;

const reachesStatus = (handle: CheckoutHandle, status: string) =>
  waitUntilPasses(async () => {
    assert.equal(await handle.query(statusQuery), status);
  });
const called = ({ calls }: CheckoutRun, name: string) =>
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

  it('reserves, charges, confirms, and notifies the customer once', async () => {
    const { status, calls, mails } = await stage.runCheckout({});
    assert.equal(status, 'paid');
    assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'confirmOrder', 'notify']);
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('ends out of stock without a charge', async () => {
    const { status, calls, mails } = await stage.runCheckout({
      reserveStock: [
        outcome({ status: 'out_of_stock', reason: 'out_of_stock:mug-01', total: 1_000, currency: 'EUR' }),
      ],
    });
    assert.equal(status, 'out_of_stock');
    assert.deepEqual(calls, ['reserveStock', 'notify']);
    assert.deepEqual(mails, ['out_of_stock']);
  });

  it('returns the status of an order that was decided before, and only notifies the customer', async () => {
    const { status, calls, mails } = await stage.runCheckout({
      reserveStock: [outcome({ status: 'paid', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.deepEqual(calls, ['reserveStock', 'notify']);
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('sends no mail about an order that was refunded before', async () => {
    const { status, calls } = await stage.runCheckout({
      reserveStock: [outcome({ status: 'refunded', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'refunded');
    assert.deepEqual(calls, ['reserveStock']);
  });

  it('does nothing about an order that another workflow owns', async () => {
    const { status, calls } = await stage.runCheckout({
      reserveStock: [outcome({ status: 'reserved', total: 1_000, currency: 'EUR', ownedBy: 'group/other' })],
    });
    assert.equal(status, 'reserved');
    assert.deepEqual(calls, ['reserveStock']);
  });

  const superseded = (): Promise<never> =>
    Promise.reject(
      ApplicationFailure.nonRetryable('Another run carries the order now', RUN_SUPERSEDED_FAILURE),
    );

  it('ends and undoes nothing when a later run carries the order', async () => {
    const cases: [Script, string][] = [
      [{ confirmOrder: [superseded] }, 'confirmOrder'],
      [{ recordWaiting: [superseded], chargePayment: [requiresAction] }, 'recordWaiting'],
      [{ releaseStock: [superseded], chargePayment: [declined] }, 'releaseStock'],
    ];
    for (const [script, last] of cases) {
      const { status, calls, mails } = await stage.runCheckout(script);
      assert.equal(status, 'placed');
      assert.equal(calls.at(-1), last);
      assert.ok(!calls.some((call) => ['refundPayment', 'parkStep'].includes(call)), calls.join());
      assert.deepEqual(mails, []);
    }
  });

  it('answers a cancellation that it can no longer carry out', async () => {
    const charging = gate();
    let cancelled: unknown;
    const { calls } = await stage.runCheckout(
      { chargePayment: [charging.before(succeeded)], abandonOrder: [superseded], releaseStock: [superseded] },
      async (handle) => {
        await charging.reached;
        const cancelling = handle.executeUpdate(cancelUpdate, { args: [{}] });
        charging.open();
        cancelled = await cancelling;
      },
    );
    assert.deepEqual(cancelled, { cancelled: false, status: 'placed' });
    assert.ok(!calls.includes('refundPayment'));
  });

  it('sends its epoch with every step', async () => {
    const run = await stage.runCheckout({ chargePayment: [requiresAction] }, undefined, { epoch: 3 });
    const { orderId } = run.order;
    for (const name of ['reserveStock', 'recordWaiting', 'releaseStock'] as const)
      for (const request of run.requests(name))
        assert.deepEqual([request.orderId, request.epoch], [orderId, 3]);
  });

  it('begins with the payment attempt that the run before had come to', async () => {
    const handoff = { mayHaveCharged: true, attempt: 3, paymentIntentIds: [] };
    const { status, requests } = await stage.runCheckout({ chargePayment: [none, succeeded] }, undefined, {
      handoff,
    });
    assert.equal(status, 'paid');
    assert.deepEqual(
      requests('chargePayment').map(({ attempt, triedBefore }) => [attempt, triedBefore]),
      [
        [3, true],
        [4, false],
      ],
    );
  });

  it('continues an order that was waiting when its run was reset', async () => {
    const { status, calls } = await stage.runCheckout({
      reserveStock: [outcome({ status: 'payment_unknown', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.ok(calls.includes('chargePayment'));
  });

  it('charges nothing for a free order', async () => {
    const { status, calls } = await stage.runCheckout({
      reserveStock: [outcome({ status: 'reserved', total: 0, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.ok(!calls.includes('chargePayment'));
  });

  it('takes a decline as final: voids the payment and releases the stock', async () => {
    const { status, reason, calls, mails } = await stage.runCheckout({ chargePayment: [declined] });
    assert.deepEqual([status, reason], ['payment_failed', 'card_declined']);
    assert.deepEqual(calls, ['reserveStock', 'chargePayment', 'voidPayment', 'releaseStock', 'notify']);
    assert.deepEqual(mails, ['payment_failed']);
  });

  it('retries faults of the database and of the provider until they end', async () => {
    const { status, calls } = await stage.runCheckout({
      reserveStock: [fault, fault, outcome({ status: 'reserved', total: 1_000, currency: 'EUR' })],
      chargePayment: [fault, fault, succeeded],
      confirmOrder: [fault, outcome({ status: 'paid', total: 1_000, currency: 'EUR' })],
    });
    assert.equal(status, 'paid');
    assert.equal(calls.filter((name) => name === 'chargePayment').length, 3);
  });

  it('needs one workflow task if the provider answers at once', async () => {
    const { status, order } = await stage.runCheckout({});
    assert.equal(status, 'paid');
    assert.equal(await inHistory(order, 'workflowTaskCompletedEventAttributes'), 1);
    assert.equal(await inHistory(order, 'activityTaskScheduledEventAttributes'), 0);
  });

  it('asks a slow provider again, and tells it that the order may have been charged', async () => {
    const { status, order, requests } = await stage.runCheckout({ chargePayment: [fault, succeeded] });
    assert.equal(status, 'paid');
    assert.equal(await inHistory(order, 'activityTaskScheduledEventAttributes'), 1);
    assert.deepEqual(
      requests('chargePayment').map(({ attempt, triedBefore }) => [attempt, triedBefore]),
      [
        [1, false],
        [1, true],
      ],
    );
  });

  it('waits for an operator, and is not declined, when the provider refuses to charge for a reason of the shop', async () => {
    const { status, calls, requests } = await stage.runCheckout(
      { chargePayment: [fault, refused('ChargeRefused', 'no (testmode_charges_only)'), succeeded] },
      async (handle, seen) => {
        await called(seen, 'parkStep');
        await reachesStatus(handle, 'payment_unknown');
        await handle.executeUpdate(resolveStepUpdate, {
          args: [{ step: 'chargePayment', action: 'retry' }],
        });
      },
    );
    assert.equal(status, 'paid');
    const [parked] = requests('parkStep');
    assert.equal(parked?.reason, 'ChargeRefused: no (testmode_charges_only)');
    assert.deepEqual(parked.actions, ['retry']);
    assert.equal(calls.filter((name) => name === 'chargePayment').length, 3);
  });

  it('charges a reviewed order by an activity that is in the history', async () => {
    const { status, order } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesStatus(handle, 'in_review');
        await handle.executeUpdate(reviewUpdate, { args: [{ decision: 'approve' }] });
      },
      { policy: { review: { above: { EUR: 1 }, countries: [], deadlineMs: 60_000 } } },
    );
    assert.equal(status, 'paid');
    assert.equal(await inHistory(order, 'activityTaskScheduledEventAttributes'), 1);
  });

  it('does not take a missing response for a decline: the payment is unknown until the provider answers', async () => {
    const recorded: string[] = [];
    const asked: boolean[] = [];
    const { status, calls, mails } = await stage.runCheckout({
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

  it('makes the next payment attempt only after the provider has said that no money moved', async () => {
    const attempts: number[] = [];
    const note =
      (then: typeof succeeded) =>
      (charges: { orderId: string; attempt: number }[]): Promise<ChargeOutcome[]> => {
        attempts.push(...charges.map(({ attempt }) => attempt));
        return then(charges);
      };
    const { status } = await stage.runCheckout({ chargePayment: [fault, note(none), note(succeeded)] });
    assert.equal(status, 'paid');
    assert.deepEqual(attempts, [1, 2]);
  });

  it('is payment_unknown while the provider processes the payment, and asks until that is decided', async () => {
    const processing = outcome({ status: 'processing' });
    const { status, requests, count } = await stage.runCheckout({
      chargePayment: [processing],
      retrievePayment: [processing, succeeded],
    });
    assert.equal(status, 'paid');
    assert.deepEqual(
      requests('recordWaiting').map((update) => update.status),
      ['payment_unknown'],
    );
    assert.equal(count('retrievePayment'), 2);
  });

  it('fails the payment if it was cancelled at the provider', async () => {
    const { status, reason } = await stage.runCheckout({ chargePayment: [outcome({ status: 'cancelled' })] });
    assert.deepEqual([status, reason], ['payment_failed', 'payment_cancelled']);
  });

  describe('that finds the payment cancelled, after a run that was lost', () => {
    const handoff = { mayHaveCharged: true, paymentIntentIds: [] };
    const cancelled = (ending?: VoidedFor) =>
      outcome({ status: 'cancelled', ...(ending !== undefined && { ending }) });
    const ends: [string, VoidedFor | undefined, string | undefined, string, string][] = [
      [
        'is cancelled with the reason of the recorded request',
        'cancelled',
        'too_late',
        'cancelled',
        'too_late',
      ],
      [
        'is cancelled by that request, whoever cancelled the payment',
        undefined,
        'too_late',
        'cancelled',
        'too_late',
      ],
      [
        'is cancelled if that run has voided the payment for it',
        'cancelled',
        undefined,
        'cancelled',
        'cancelled',
      ],
      [
        'expires if that run has voided the payment after the deadline',
        'expired',
        undefined,
        ...(['expired', 'authentication_expired'] as const),
      ],
      [
        'fails if somebody else has cancelled the payment',
        undefined,
        undefined,
        ...(['payment_failed', 'payment_cancelled'] as const),
      ],
    ];
    for (const [how, ending, cancelReason, status, reason] of ends)
      it(how, async () => {
        const run = await stage.runCheckout({ chargePayment: [cancelled(ending)] }, undefined, {
          handoff,
          ...(cancelReason !== undefined && { order: { cancelReason } }),
        });
        assert.deepEqual([run.status, run.reason], [status, reason]);
        assert.deepEqual(run.calls, ['reserveStock', 'chargePayment', 'releaseStock', 'notify']);
        assert.deepEqual(run.mails, [status]);
        const [release] = run.requests('releaseStock');
        assert.deepEqual([release?.payment?.status, release?.payment?.captured ?? 0], ['cancelled', 0]);
      });

    it('fails if somebody cancels the payment while it waits, whatever reason they give', async () => {
      const { status, reason } = await stage.runCheckout(
        {
          chargePayment: [requiresAction],
          retrievePayment: [cancelled('expired')],
        },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.deepEqual([status, reason], ['payment_failed', 'payment_cancelled']);
    });
  });

  it('tells the provider why it voids a payment, for a run that may follow', async () => {
    const endings = ({ requests }: CheckoutRun) => requests('voidPayment').map(({ ending }) => ending);
    assert.deepEqual(endings(await stage.runCheckout({ chargePayment: [requiresAction] })), ['expired']);
    const cancels = async (handle: CheckoutHandle) => {
      await reachesStatus(handle, 'awaiting_customer');
      await handle.executeUpdate(cancelUpdate, { args: [{}] });
    };
    assert.deepEqual(endings(await stage.runCheckout({ chargePayment: [requiresAction] }, cancels)), [
      'cancelled',
    ]);
    const early = {
      order: { cancelReason: 'too_late' },
      handoff: { mayHaveCharged: true, paymentIntentIds: [] },
    };
    assert.deepEqual(endings(await stage.runCheckout({ chargePayment: [authorized] }, undefined, early)), [
      'cancelled',
    ]);
    assert.deepEqual(endings(await stage.runCheckout({ chargePayment: [declined] })), [undefined]);
  });

  it('fails the payment if the provider moves no money for a quarter of an hour', async () => {
    const { status, reason, calls } = await stage.runCheckout({ chargePayment: [none] });
    assert.deepEqual([status, reason], ['payment_failed', 'provider_unavailable']);
    assert.equal(calls.at(-2), 'releaseStock');
  });

  describe('3-D Secure', () => {
    it('waits for the customer and continues after a payment event', async () => {
      const { status, mails } = await stage.runCheckout(
        { chargePayment: [requiresAction], retrievePayment: [succeeded] },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.equal(status, 'paid');
      assert.deepEqual(mails, ['created', 'paid']);
    });

    it('fails the payment when the customer fails to authenticate', async () => {
      const { status, reason, calls } = await stage.runCheckout(
        {
          chargePayment: [requiresAction],
          retrievePayment: [
            outcome({ status: 'declined', declineCode: 'payment_intent_authentication_failure' }),
          ],
        },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.deepEqual([status, reason], ['payment_failed', 'payment_intent_authentication_failure']);
      assert.deepEqual(calls.slice(-3), ['voidPayment', 'releaseStock', 'notify']);
    });

    it('expires at its deadline: voids the payment, then releases the stock', async () => {
      const { status, reason, calls, mails } = await stage.runCheckout({ chargePayment: [requiresAction] });
      assert.deepEqual([status, reason], ['expired', 'authentication_expired']);
      assert.ok(calls.indexOf('voidPayment') < calls.indexOf('releaseStock'));
      assert.deepEqual(mails, ['created', 'expired']);
    });

    it('is paid, not expired, if the money moved just before the deadline', async () => {
      const { status, calls } = await stage.runCheckout({
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
      });
      assert.equal(status, 'paid');
      assert.ok(!calls.includes('releaseStock'));
    });

    it('is not changed by late or duplicate payment events', async () => {
      const { status, calls } = await stage.runCheckout(
        { chargePayment: [requiresAction], retrievePayment: [requiresAction, requiresAction, succeeded] },
        async (handle, seen) => {
          await reachesStatus(handle, 'awaiting_customer');
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

    it('records again what the customer needs after an outage of the provider', async () => {
      const recorded: string[] = [];
      const { status } = await stage.runCheckout(
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
          await reachesStatus(handle, 'awaiting_customer');
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

    it('can be cancelled while it waits: voids the payment and releases the stock', async () => {
      const { status, mails } = await stage.runCheckout(
        { chargePayment: [requiresAction] },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          const result = await handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed my mind' }] });
          assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
        },
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(mails, ['created', 'cancelled']);
    });

    it('is refunded if it is cancelled after the customer has paid', async () => {
      const { status, calls } = await stage.runCheckout(
        { chargePayment: [requiresAction], voidPayment: [succeeded] },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.executeUpdate(cancelUpdate, { args: [{}] });
        },
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-3), ['refundPayment', 'releaseStock', 'notify']);
    });
  });

  it('goes on after a signal and an update that it cannot decode', async () => {
    const undecodable = [
      { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{not json') },
      { metadata: { encoding: Buffer.from('binary/unknown') }, data: Buffer.from([0xff]) },
      {},
    ];
    const { status } = await stage.runCheckout({ chargePayment: [requiresAction] }, async (handle) => {
      await reachesStatus(handle, 'awaiting_customer');
      const { workflowService } = stage.environment.client;
      const to = { namespace: 'default', workflowExecution: { workflowId: handle.workflowId } };
      for (const payload of undecodable) {
        const input = { payloads: [payload] };
        for (const signalName of [PAYMENT_EVENT_SIGNAL, 'noSuchSignal'])
          await workflowService.signalWorkflowExecution({ ...to, signalName, input });
        const { outcome: answer } = await workflowService.updateWorkflowExecution({
          ...to,
          waitPolicy: { lifecycleStage: UPDATE_COMPLETED },
          request: { meta: { updateId: randomUUID() }, input: { name: REVIEW_UPDATE, args: input } },
        });
        assert.equal(answer?.failure?.applicationFailureInfo?.type, INVALID_INPUT_FAILURE);
      }
      await handle.executeUpdate(cancelUpdate, { args: [{}] });
    });
    assert.equal(status, 'cancelled');
  });

  describe('cancel', () => {
    it('that arrived before the order leaves it uncharged', async () => {
      const { status, reason, calls } = await stage.runCheckout({}, undefined, {
        order: { cancelReason: 'changed my mind' },
      });
      assert.deepEqual([status, reason], ['cancelled', 'changed my mind']);
      assert.ok(!calls.includes('chargePayment'));
    });

    it('before the charge: nothing is charged', async () => {
      const { status, calls } = await stage.runCheckout(
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

    it('after a lost workflow task that may have charged: asks the provider, then refunds', async () => {
      const again = outcome({ status: 'reserved', total: 1_000, currency: 'EUR', repeated: true });
      const { status, calls } = await stage.runCheckout(
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

    it('during the charge: waits for its outcome, then refunds', async () => {
      const charging = gate();
      const { status, calls } = await stage.runCheckout(
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

    it('while the provider refuses to charge for a reason of the shop: nothing was charged', async () => {
      const { status, calls } = await stage.runCheckout(
        { chargePayment: [refused('ChargeRefused')] },
        async (handle, seen) => {
          await called(seen, 'parkStep');
          await handle.executeUpdate(cancelUpdate, { args: [{}] });
        },
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-4), ['chargePayment', 'resolveStep', 'releaseStock', 'notify']);
    });

    it('after a lost workflow task that confirmed the order: it is paid, and nothing is refunded', async () => {
      const charging = gate();
      const { status, calls, mails } = await stage.runCheckout(
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

    it('during a charge that is declined: the payment has failed', async () => {
      const charging = gate();
      const { status } = await stage.runCheckout(
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

    it('after the charge: is rejected as too late', async () => {
      const mailing = gate();
      const sent = outcome({ status: 'sent' });
      const { status } = await stage.runCheckout(
        { notify: [refused(), mailing.before(sent)] },
        async (handle) => {
          await mailing.reached;
          await assert.rejects(handle.executeUpdate(cancelUpdate, { args: [{}] }), WorkflowUpdateFailedError);
          mailing.open();
        },
      );
      assert.equal(status, 'paid');
    });

    it('of the workflow cancels the order as well', async () => {
      const { status, calls } = await stage.runCheckout(
        { chargePayment: [requiresAction] },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.cancel();
        },
      );
      assert.equal(status, 'cancelled');
      assert.deepEqual(calls.slice(-3), ['voidPayment', 'releaseStock', 'notify']);
    });
  });

  it('never gives up a compensation: retries a refund and a release until they succeed', async () => {
    const { status, count } = await stage.runCheckout(
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
        await reachesStatus(handle, 'awaiting_customer');
        await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
      },
    );
    assert.equal(status, 'cancelled');
    assert.equal(count('refundPayment'), 10);
    assert.equal(count('releaseStock'), 10);
  });

  it('refunds if the reservation was lost before the order could be confirmed', async () => {
    const { status, reason, calls, requests } = await stage.runCheckout({
      confirmOrder: [outcome({ status: 'cancelled', total: 1_000, currency: 'EUR' })],
    });
    assert.deepEqual([status, reason], ['cancelled', 'reservation_lost']);
    assert.deepEqual(calls.slice(-4), ['confirmOrder', 'refundPayment', 'releaseStock', 'notify']);
    const [release] = requests('releaseStock');
    assert.deepEqual([release?.payment?.status, release?.payment?.refunded], ['refunded', 1_000]);
  });

  for (const status of ['refunded', 'cancelled'] as const) {
    it(`refunds nothing if a lost workflow task had confirmed the order, which is ${status} now`, async () => {
      const {
        status: end,
        calls,
        mails,
      } = await stage.runCheckout({
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
    it(`records that an operator settled a refund by hand (${action})`, async () => {
      const { status, requests } = await stage.runCheckout(
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
      const [release] = requests('releaseStock');
      assert.deepEqual([release?.payment?.status, release?.payment?.settledByHand], [end, action]);
      assert.equal(release?.payment?.refunded, action === 'resolve' ? 1_000 : undefined);
    });
  }

  describe('with a later capture', () => {
    const later = { policy: { capture: 'later' } } as const;

    it('is confirmed with the payment authorised and not captured', async () => {
      const { status, requests } = await stage.runCheckout({ chargePayment: [authorized] }, undefined, later);
      assert.equal(status, 'paid');
      assert.equal(requests('chargePayment')[0]?.capture, 'later');
      const [confirmed] = requests('confirmOrder');
      assert.deepEqual(confirmed?.payment, {
        attempt: 1,
        status: 'authorized',
        paymentIntentId: 'pi_1',
        captured: 0,
        capturable: 1_000,
      });
    });

    it('releases the authorisation when the order is cancelled, and refunds nothing', async () => {
      const charging = gate();
      const { status, calls, requests } = await stage.runCheckout(
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
      const [release] = requests('releaseStock');
      assert.deepEqual([release?.payment?.status, release?.payment?.capturable], ['cancelled', 0]);
    });

    it('refunds the payment if it was captured after all', async () => {
      const { status, calls, requests } = await stage.runCheckout(
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
      const [release] = requests('releaseStock');
      const { captured, refunded, capturable } = release?.payment ?? {};
      assert.deepEqual([captured, refunded, capturable], [1_000, 1_000, 0]);
    });
  });

  describe('an event of another payment', () => {
    it('starts one late payment workflow when the order has ended', async () => {
      const { status, order, calls } = await stage.runCheckout(
        {
          chargePayment: [requiresAction],
          retrievePayment: [
            (items) => (items[0]?.paymentIntentId === 'pi_other' ? succeeded(items) : requiresAction(items)),
          ],
        },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          for (const paymentIntentId of ['pi_other', 'pi_other'])
            await handle.signal(paymentEventSignal, { paymentIntentId });
        },
      );
      assert.equal(status, 'expired');
      const workflowId = latePaymentWorkflowId(order.orderId, 'pi_other');
      const handle = stage.environment.client.workflow.getHandle<typeof latePayment>(workflowId);
      assert.equal(await handle.result(), 'reconciled');
      assert.equal(calls.filter((name) => name === 'readOrderPayments').length, 1);
    });

    it('does not wait for a mail that cannot be sent', async () => {
      const { status } = await stage.runCheckout(
        {
          chargePayment: [requiresAction],
          retrievePayment: [succeeded],
          notify: [outcome({ status: 'sent' }), refused('MailRefused')],
        },
        async (handle, seen) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_other' });
          await called(seen, 'parkStep');
          await called(seen, 'readOrderPayments');
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'notify paid', action: 'skip' }] });
        },
      );
      assert.equal(status, 'paid');
    });

    it("starts nothing if it is the order's own payment", async () => {
      const { calls } = await stage.runCheckout(
        { chargePayment: [requiresAction], retrievePayment: [succeeded] },
        async (handle) => {
          await reachesStatus(handle, 'awaiting_customer');
          await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
        },
      );
      assert.ok(!calls.includes('readOrderPayments'));
    });
  });

  it('is paid although no mail can be sent; the mail waits for an operator, who can skip it', async () => {
    const { status, requests } = await stage.runCheckout({ notify: [fault] }, async (handle, seen) => {
      await stage.withTimeSkipping(called(seen, 'parkStep'));
      const step = 'notify created, paid';
      await handle.executeUpdate(resolveStepUpdate, {
        args: [{ step, action: 'skip', note: 'called the customer' }],
      });
    });
    assert.equal(status, 'paid');
    const [resolved] = requests('resolveStep');
    assert.deepEqual([resolved?.action, resolved?.note], ['skip', 'called the customer']);
  });
});
