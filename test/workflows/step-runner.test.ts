import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ResolveStepInput } from '../../src/contracts/temporal/names.ts';
import { cancelUpdate, statusQuery } from '../../src/workflows/checkout.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/step-runner.ts';
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

const attend = (handle: CheckoutHandle, input: ResolveStepInput) =>
  handle.executeUpdate(resolveStepUpdate, { args: [input] });
const refusedAs = (type: string) => (error: unknown) =>
  error instanceof WorkflowUpdateFailedError &&
  error.cause instanceof ApplicationFailure &&
  error.cause.type === type;

describe('a step that goes on failing', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  const waitsIn = (handle: CheckoutHandle, status: string) =>
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

  it('is parked after its patience, with what an operator needs to know', async () => {
    const { status, asked, calls } = await stage.play(
      { chargePayment: [fault, ...times(25, fault), succeeded] },
      async (handle, seen) => {
        await stage.skipping(parks(seen));
        await attention(handle, true);
      },
    );
    assert.equal(status, 'paid');
    const [parked, ...more] = asked('parkStep');
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
      asked('resolveStep').map(({ action }) => action),
      ['success'],
    );
    assert.ok(calls.indexOf('resolveStep') < calls.indexOf('confirmOrder'));
  });

  it('is not parked when it goes well within its patience', async () => {
    const { calls } = await stage.play({ chargePayment: [fault, ...times(24, fault), succeeded] });
    assert.ok(!calls.includes('parkStep') && !calls.includes('resolveStep'));
  });

  it('is parked at once where no retry cures it', async () => {
    const { status, asked } = await stage.play({
      confirmOrder: [refused('InvariantViolated', 'stock_items_held_check'), outcome({ status: 'paid' })],
    });
    assert.equal(status, 'paid');
    const [parked, ...more] = asked('parkStep');
    assert.deepEqual(more, []);
    assert.deepEqual(
      [parked?.step, parked?.reason, parked?.attempts],
      ['confirmOrder', 'InvariantViolated: stock_items_held_check', 1],
    );
    assert.equal(parked?.payment?.captured, 1_000);
  });

  it('is marked in Temporal while it waits, and not any longer', async () => {
    let seen: boolean[] = [];
    await stage.play({ reserveStock: [refused(), reserved], notify: [refused(), sent] }, async (handle) => {
      await waitUntilPasses(async () => {
        seen = await attentionOf(handle);
        assert.deepEqual(seen, [true, false]);
      });
    });
    assert.deepEqual(seen, [true, false]);
  });

  it('tells nothing of what others say in their failures', async () => {
    const { asked } = await stage.play({ reserveStock: [refused('Error', 'ada@example.com'), reserved] });
    assert.equal(asked('parkStep')[0]?.reason, 'Error');
  });

  it('is written down again after each round, with how often it was tried', async () => {
    const { asked } = await stage.play({
      reserveStock: [refused('DatabaseFault', 'a'), refused('DatabaseFault', 'b'), refused(), reserved],
    });
    assert.deepEqual(
      asked('parkStep').map(({ attempts, reason }) => [attempts, reason]),
      [
        [1, 'DatabaseFault: a'],
        [2, 'DatabaseFault: b'],
        [3, 'RefundRefused: no'],
      ],
    );
  });

  it('is tried on though PostgreSQL cannot take down that it waits', async () => {
    const { status, count } = await stage.play({
      chargePayment: [fault, refused(), refused(), succeeded],
      parkStep: [fault],
    });
    assert.equal(status, 'paid');
    assert.equal(count('parkStep'), 6);
  });

  it('is cleared when PostgreSQL is back, before the story goes on', async () => {
    const { status, calls, asked } = await stage.play({
      chargePayment: [fault, refused(), succeeded],
      resolveStep: [refused('DatabaseFault'), outcome({ status: 'paid' })],
    });
    assert.equal(status, 'paid');
    assert.deepEqual(
      asked('resolveStep').map(({ step, action }) => [step, action]),
      [
        ['chargePayment', 'success'],
        ['chargePayment', 'success'],
        ['resolveStep', 'success'],
      ],
    );
    assert.deepEqual(calls.slice(-2), ['confirmOrder', 'notify']);
  });

  it('is tried at once when an operator says so', async () => {
    const { status, asked, count } = await stage.play(
      { notify: [...times(2, refused('MailFault')), sent] },
      async (handle, seen) => {
        await parks(seen);
        const before = Date.now();
        const step = 'notify created, paid';
        assert.equal(await attend(handle, { step, action: 'retry', note: 'the server is back' }), 'retry');
        await handle.result();
        assert.ok(Date.now() - before < 30_000, 'it slept to the end of its pause');
      },
    );
    assert.equal(status, 'paid');
    assert.equal(count('notify'), 3);
    assert.deepEqual(
      asked('resolveStep').map(({ action, note }) => [action, note]),
      [
        ['retry', 'the server is back'],
        ['success', undefined],
      ],
    );
  });

  for (const action of ['skip', 'resolve'] as const) {
    it(`is left out by ${action} where the story can go on without it`, async () => {
      const { status, asked, count } = await stage.play(
        { notify: [refused('MailRefused')] },
        async (handle, seen) => {
          await parks(seen);
          await attend(handle, { step: 'notify created, paid', action });
          await attention(handle, false);
        },
      );
      assert.equal(status, 'paid');
      assert.equal(count('notify'), 2);
      assert.deepEqual(
        asked('resolveStep').map((each) => each.action),
        [action],
      );
    });

    it(`is not left out by ${action} where it cannot`, async () => {
      await stage.play({ reserveStock: [refused(), refused(), reserved] }, async (handle, seen) => {
        await parks(seen);
        await assert.rejects(
          attend(handle, { step: 'reserveStock', action }),
          refusedAs('ActionNotPossible'),
        );
      });
    });
  }

  it('takes no wish while it is not parked, and one to leave it out', async () => {
    await stage.play({ notify: [refused('MailRefused')] }, async (handle, seen) => {
      const step = 'notify created, paid';
      await parks(seen);
      await assert.rejects(
        attend(handle, { step: 'refundPayment', action: 'retry' }),
        refusedAs('NotParked'),
      );
      const answers = await Promise.allSettled([
        attend(handle, { step, action: 'skip' }),
        attend(handle, { step, action: 'resolve' }),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    });
  });

  it('inBackground another one keeps the mark until both have gone', async () => {
    const mailing = gate();
    await stage.play(
      {
        chargePayment: [requiresAction],
        notify: [refused('MailFault'), refused('MailFault'), mailing.before(sent), sent],
        retrievePayment: [refused('PaymentUnknown'), succeeded],
      },
      async (handle, seen) => {
        await waitsIn(handle, 'awaiting_customer');
        await parks(seen);
        await handle.signal('paymentEvent', { paymentIntentId: 'pi_1' });
        await waitsIn(handle, 'paid');
        assert.deepEqual(await attentionOf(handle), [true, true, true]);
        await attend(handle, { step: 'notify created', action: 'retry' });
        await mailing.reached;
        mailing.open();
        await attention(handle, false);
      },
    );
  });

  it('of an undo says what is known of the money', async () => {
    const { status, asked } = await stage.play(
      {
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
        refundPayment: [refused('RefundRefused', 'The payment provider refuses the refund'), refunded],
        releaseStock: [cancelled],
      },
      async (handle) => {
        await waitsIn(handle, 'awaiting_customer');
        const answer = await handle.executeUpdate(cancelUpdate, { args: [{}] });
        assert.deepEqual(answer, { cancelled: false, status: 'awaiting_customer' });
      },
    );
    assert.equal(status, 'cancelled');
    const [parked] = asked('parkStep');
    assert.equal(parked?.reason, 'RefundRefused: The payment provider refuses the refund');
    assert.deepEqual(parked.actions, ['retry', 'skip', 'resolve']);
    assert.deepEqual(
      [parked.payment?.status, parked.payment?.captured, parked.payment?.paymentIntentId],
      ['succeeded', 1_000, 'pi_1'],
    );
  });

  it('that is left out in the middle of a try that then fails is not parked any longer', async () => {
    const trying = gate();
    const { status, calls, asked } = await stage.play(
      {
        chargePayment: [requiresAction],
        voidPayment: [succeeded],
        refundPayment: [refused(), trying.before(refused())],
        releaseStock: [cancelled],
      },
      async (handle) => {
        await waitsIn(handle, 'awaiting_customer');
        await handle.executeUpdate(cancelUpdate, { args: [{}] });
        await trying.reached;
        await attend(handle, { step: 'refundPayment', action: 'skip' });
        trying.open();
      },
    );
    assert.equal(status, 'cancelled');
    assert.equal(asked('releaseStock')[0]?.payment?.settledByHand, 'skip');
    const writes = calls.filter((name) => name === 'parkStep' || name === 'resolveStep');
    assert.equal(writes.at(-1), 'resolveStep', 'what was written down last is that it waits');
  });

  it('inBackground the story, as a mail is, does not make a cancel answer before it is done', async () => {
    await stage.play(
      { chargePayment: [requiresAction], notify: [refused('MailRefused'), refused('MailRefused'), sent] },
      async (handle, seen) => {
        await waitsIn(handle, 'awaiting_customer');
        await parks(seen);
        const answer = await handle.executeUpdate(cancelUpdate, { args: [{}] });
        assert.deepEqual(answer, { cancelled: true, status: 'cancelled' });
      },
    );
  });
});
