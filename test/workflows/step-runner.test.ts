import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ResolveStepInput } from '../../src/contracts/temporal/messages.ts';
import { cancelUpdate, paymentEventSignal, statusQuery } from '../../src/workflows/checkout.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import {
  fault,
  gate,
  outcome,
  refused,
  requiresAction,
  reserved,
  succeeded,
  times,
} from '../support/script-lines.ts';
import {
  attentionOf,
  openWorkflowStage,
  type CheckoutHandle,
  type WorkflowStage,
} from '../support/workflows.ts';

const refunded = outcome({ refunded: 1_000 });
const sent = outcome({ status: 'sent' });
const cancelled = outcome({ status: 'cancelled', total: 1_000, currency: 'EUR' });

const resolve = (handle: CheckoutHandle, input: ResolveStepInput) =>
  handle.executeUpdate(resolveStepUpdate, { args: [input] });
const refusedAs = (type: string) => (error: unknown) =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === type;

describe('a step that keeps failing', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  const reachesStatus = (handle: CheckoutHandle, status: string) =>
    waitUntilPasses(async () => {
      assert.equal(await handle.query(statusQuery), status);
    });
  const attention = (handle: CheckoutHandle, expected: boolean) =>
    waitUntilPasses(async () => {
      assert.equal((await attentionOf(handle)).at(-1), expected);
    });
  const parks = ({ count }: { count: (name: 'parkStep') => number }, often = 1) =>
    waitUntilPasses(() => {
      assert.ok(count('parkStep') >= often);
    });

  it('is parked after its rounds, with what an operator needs to know', async () => {
    const { status, requests, calls } = await stage.runCheckout(
      { chargePayment: [fault, ...times(25, fault), succeeded] },
      async (handle, seen) => {
        await stage.withTimeSkipping(parks(seen));
        await attention(handle, true);
      },
    );
    assert.equal(status, 'paid');
    const [parked, ...more] = requests('parkStep');
    assert.deepEqual(more, []);
    assert.deepEqual(
      { ...parked, orderId: undefined, workflowId: undefined },
      {
        orderId: undefined,
        workflowId: undefined,
        step: 'chargePayment',
        reason: 'Fault',
        attempts: 25,
        actions: ['retry'],
      },
    );
    assert.equal(parked?.workflowId, `order/${parked?.orderId ?? ''}`);
    assert.deepEqual(
      requests('resolveStep').map(({ action }) => action),
      ['success'],
    );
    assert.ok(calls.indexOf('resolveStep') < calls.indexOf('confirmOrder'));
  });

  it('is not parked if it succeeds within its rounds', async () => {
    const { calls } = await stage.runCheckout({ chargePayment: [fault, ...times(24, fault), succeeded] });
    assert.ok(!calls.includes('parkStep') && !calls.includes('resolveStep'));
  });

  it('is parked at once if no retry can succeed', async () => {
    const { status, requests } = await stage.runCheckout({
      confirmOrder: [refused('InvariantViolated', 'stock_items_held_check'), outcome({ status: 'paid' })],
    });
    assert.equal(status, 'paid');
    const [parked, ...more] = requests('parkStep');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [parked?.step, parked?.reason, parked?.attempts],
      ['confirmOrder', 'InvariantViolated: stock_items_held_check', 1],
    );
    assert.equal(parked?.payment?.captured, 1_000);
  });

  it('sets NeedsAttention while it waits, and only then', async () => {
    let seen: boolean[] = [];
    await stage.runCheckout(
      { reserveStock: [refused(), reserved], notify: [refused(), sent] },
      async (handle) => {
        await waitUntilPasses(async () => {
          seen = await attentionOf(handle);
          assert.deepEqual(seen, [true, false]);
        });
      },
    );
    assert.deepEqual(seen, [true, false]);
  });

  it('does not show messages of failures that are not of this project', async () => {
    const { requests } = await stage.runCheckout({
      reserveStock: [refused('Error', 'ada@example.com'), reserved],
    });
    assert.equal(requests('parkStep')[0]?.reason, 'Error');
  });

  it('is recorded again after each round, with the number of attempts', async () => {
    const { requests } = await stage.runCheckout({
      reserveStock: [refused('DatabaseFault', 'a'), refused('DatabaseFault', 'b'), refused(), reserved],
    });
    assert.deepEqual(
      requests('parkStep').map(({ attempts, reason }) => [attempts, reason]),
      [
        [1, 'DatabaseFault: a'],
        [2, 'DatabaseFault: b'],
        [3, 'RefundRefused: no'],
      ],
    );
  });

  it('is retried even if PostgreSQL cannot record that it is parked', async () => {
    const { status, count } = await stage.runCheckout({
      chargePayment: [fault, refused(), refused(), succeeded],
      parkStep: [fault],
    });
    assert.equal(status, 'paid');
    assert.equal(count('parkStep'), 6);
  });

  it('is cleared when PostgreSQL is available again, before the workflow continues', async () => {
    const { status, calls, requests } = await stage.runCheckout({
      chargePayment: [fault, refused(), succeeded],
      resolveStep: [refused('DatabaseFault'), outcome({ status: 'paid' })],
    });
    assert.equal(status, 'paid');
    assert.deepEqual(
      requests('resolveStep').map(({ step, action }) => [step, action]),
      [
        ['chargePayment', 'success'],
        ['chargePayment', 'success'],
        ['resolveStep', 'success'],
      ],
    );
    assert.deepEqual(calls.slice(-2), ['confirmOrder', 'notify']);
  });

  it('is retried at once when an operator says so', async () => {
    const { status, requests, count } = await stage.runCheckout(
      { notify: [...times(2, refused('MailFault')), sent] },
      async (handle, seen) => {
        await parks(seen);
        const before = Date.now();
        const step = 'notify created, paid';
        assert.equal(await resolve(handle, { step, action: 'retry', note: 'the server is back' }), 'retry');
        await handle.result();
        assert.ok(Date.now() - before < 30_000, 'it slept to the end of its pause');
      },
    );
    assert.equal(status, 'paid');
    assert.equal(count('notify'), 3);
    assert.deepEqual(
      requests('resolveStep').map(({ action, note }) => [action, note]),
      [
        ['retry', 'the server is back'],
        ['success', undefined],
      ],
    );
  });

  for (const action of ['skip', 'resolve'] as const) {
    it(`is skipped by ${action} if the workflow can continue without it`, async () => {
      const { status, requests, count } = await stage.runCheckout(
        { notify: [refused('MailRefused')] },
        async (handle, seen) => {
          await parks(seen);
          await resolve(handle, { step: 'notify created, paid', action });
          await attention(handle, false);
        },
      );
      assert.equal(status, 'paid');
      assert.equal(count('notify'), 2);
      assert.deepEqual(
        requests('resolveStep').map((each) => each.action),
        [action],
      );
    });

    it(`is not skipped by ${action} if the workflow cannot continue without it`, async () => {
      await stage.runCheckout({ reserveStock: [refused(), refused(), reserved] }, async (handle, seen) => {
        await parks(seen);
        await assert.rejects(
          resolve(handle, { step: 'reserveStock', action }),
          refusedAs('ActionNotPossible'),
        );
      });
    });
  }

  it('accepts no action while it is not parked, and only one that skips it', async () => {
    await stage.runCheckout({ notify: [refused('MailRefused')] }, async (handle, seen) => {
      const step = 'notify created, paid';
      await parks(seen);
      await assert.rejects(
        resolve(handle, { step: 'refundPayment', action: 'retry' }),
        refusedAs('NotParked'),
      );
      const results = await Promise.allSettled([
        resolve(handle, { step, action: 'skip' }),
        resolve(handle, { step, action: 'resolve' }),
      ]);
      assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    });
  });

  it('keeps NeedsAttention set until no other step is parked', async () => {
    const mailing = gate();
    await stage.runCheckout(
      {
        chargePayment: [requiresAction],
        notify: [refused('MailFault'), refused('MailFault'), mailing.before(sent), sent],
        retrievePayment: [refused('PaymentUnknown'), succeeded],
      },
      async (handle, seen) => {
        await reachesStatus(handle, 'awaiting_customer');
        await parks(seen);
        await handle.signal('paymentEvent', { paymentIntentId: 'pi_1' });
        await reachesStatus(handle, 'payment_unknown');
        await handle.signal('paymentEvent', { paymentIntentId: 'pi_1' });
        await reachesStatus(handle, 'paid');
        assert.deepEqual(await attentionOf(handle), [true, true, true]);
        await resolve(handle, { step: 'notify created', action: 'retry' });
        await mailing.reached;
        mailing.open();
        await attention(handle, false);
      },
    );
  });

  it('shows the payment if it is a compensation', async () => {
    const { status, requests } = await stage.runCheckout(
      {
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
        refundPayment: [refused('RefundRefused', 'The payment provider refuses the refund'), refunded],
        releaseStock: [cancelled],
      },
      async (handle) => {
        await reachesStatus(handle, 'awaiting_customer');
        const result = await handle.executeUpdate(cancelUpdate, { args: [{}] });
        assert.deepEqual(result, { cancelled: false, status: 'awaiting_customer' });
      },
    );
    assert.equal(status, 'cancelled');
    const [parked] = requests('parkStep');
    assert.equal(parked?.reason, 'RefundRefused: The payment provider refuses the refund');
    assert.deepEqual(parked.actions, ['retry', 'skip', 'resolve']);
    assert.deepEqual(
      [parked.payment?.status, parked.payment?.captured, parked.payment?.paymentIntentId],
      ['succeeded', 1_000, 'pi_1'],
    );
  });

  it('is not parked again if it is skipped during a round that then fails', async () => {
    const trying = gate();
    const { status, calls, requests } = await stage.runCheckout(
      {
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
        refundPayment: [refused(), trying.before(refused())],
        releaseStock: [cancelled],
      },
      async (handle) => {
        await reachesStatus(handle, 'awaiting_customer');
        await handle.executeUpdate(cancelUpdate, { args: [{}] });
        await trying.reached;
        await resolve(handle, { step: 'refundPayment', action: 'skip' });
        trying.open();
      },
    );
    assert.equal(status, 'cancelled');
    assert.equal(requests('releaseStock')[0]?.payment?.settledByHand, 'skip');
    const writes = calls.filter((name) => name === 'parkStep' || name === 'resolveStep');
    assert.equal(writes.at(-1), 'resolveStep', 'what was written down last is that it waits');
  });

  it('in the background, such as a mail, does not make a cancel return before it is done', async () => {
    await stage.runCheckout(
      { chargePayment: [requiresAction], notify: [refused('MailRefused'), refused('MailRefused'), sent] },
      async (handle, seen) => {
        await reachesStatus(handle, 'awaiting_customer');
        await parks(seen);
        const result = await handle.executeUpdate(cancelUpdate, { args: [{}] });
        assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
      },
    );
  });

  for (const [action, isCancelled, step, status] of [
    ['skip', false, 'retrievePayment', 'payment_failed'],
    ['resolve', true, 'voidPayment', 'cancelled'],
  ] as const)
    it(`counts a payment that the provider does not know as not charged only where an operator says so (${step})`, async () => {
      const unknown = refused('PaymentMissing', 'The payment provider does not know the payment');
      const run = await stage.runCheckout(
        { chargePayment: [requiresAction], [step]: times(20, unknown), releaseStock: [cancelled] },
        async (handle, seen) => {
          await reachesStatus(handle, 'awaiting_customer');
          if (isCancelled) void handle.executeUpdate(cancelUpdate, { args: [{}] });
          else await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
          await parks(seen);
          await resolve(handle, { step, action });
        },
      );
      assert.equal(run.status, status);
      assert.deepEqual(run.requests('parkStep')[0]?.actions, ['retry', 'skip', 'resolve']);
      assert.equal(run.requests('releaseStock')[0]?.payment?.status, 'cancelled');
    });

  it('about a payment is not skipped while the provider gives no answer', async () => {
    const { requests } = await stage.runCheckout(
      { chargePayment: [requiresAction], retrievePayment: [...times(25, fault), succeeded] },
      async (handle) => {
        await reachesStatus(handle, 'awaiting_customer');
        await handle.signal(paymentEventSignal, { paymentIntentId: 'pi_1' });
      },
    );
    assert.deepEqual(requests('parkStep')[0]?.actions, ['retry']);
  });
});
