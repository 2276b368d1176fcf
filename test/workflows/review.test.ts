import assert from 'node:assert/strict';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { CheckoutPolicy } from '../../src/contracts/temporal/checkout.ts';
import {
  CANCEL_UPDATE,
  INVALID_INPUT_FAILURE,
  PAYMENT_EVENT_SIGNAL,
  RESOLVE_STEP_UPDATE,
  REVIEW_UPDATE,
  type CancelResult,
} from '../../src/contracts/temporal/messages.ts';
import { cancelUpdate, reviewUpdate, statusQuery } from '../../src/workflows/checkout.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { gate, outcome, refused, succeeded } from '../support/script-lines.ts';
import { openWorkflowStage, type CheckoutHandle, type WorkflowStage } from '../support/workflows.ts';

const policy: Partial<CheckoutPolicy> = {
  review: { above: { EUR: 999 }, countries: [], deadlineMs: 24 * 3_600_000 },
};
const reviewed = outcome({ status: 'in_review', total: 1_000, currency: 'EUR' });

describe('review of an order', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  const reachesReview = (handle: CheckoutHandle) =>
    waitUntilPasses(async () => {
      assert.equal(await handle.query(statusQuery), 'in_review');
    });
  const decide = (handle: CheckoutHandle, decision: 'approve' | 'reject') =>
    handle.executeUpdate(reviewUpdate, { args: [{ decision, note: 'known customer' }] });

  it('is not required if no rule requires it', async () => {
    const { status, calls } = await stage.runCheckout({}, undefined, {
      policy: { review: { above: { EUR: 1_000 }, countries: ['US'], deadlineMs: 1_000 } },
    });
    assert.equal(status, 'paid');
    assert.ok(!calls.includes('recordReview'));
  });

  it('approved: the order is charged, and not before', async () => {
    const { status, calls, requests, mails } = await stage.runCheckout(
      {},
      async (handle, seen) => {
        await reachesReview(handle);
        assert.deepEqual(seen.calls, ['reserveStock', 'recordReview', 'notify']);
        assert.equal(await decide(handle, 'approve'), 'reserved');
      },
      { policy },
    );
    assert.equal(status, 'paid');
    assert.ok(calls.lastIndexOf('recordReview') < calls.indexOf('chargePayment'));
    const [waiting, decided, ...more] = requests('recordReview').map((update) => ({
      ...update,
      orderId: '',
    }));
    assert.deepEqual(more, []);
    assert.deepEqual(waiting, {
      orderId: '',
      event: 'in_review',
      status: 'in_review',
      reasons: ['total_above_limit'],
      deadlineMs: 24 * 3_600_000,
    });
    assert.deepEqual(decided, {
      orderId: '',
      event: 'review_approved',
      status: 'reserved',
      decision: 'approve',
      note: 'known customer',
    });
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('rejected: nothing is charged, the stock is released and the customer is notified', async () => {
    const { status, reason, calls, mails } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesReview(handle);
        assert.equal(await decide(handle, 'reject'), 'rejected');
      },
      { policy },
    );
    assert.deepEqual([status, reason], ['rejected', 'review_rejected']);
    assert.deepEqual(calls.slice(-3), ['recordReview', 'releaseStock', 'notify']);
    assert.ok(!calls.includes('chargePayment'));
    assert.deepEqual(mails, ['created', 'rejected']);
  });

  it('expires if no reviewer decides', async () => {
    const { status, reason, calls } = await stage.runCheckout({}, undefined, { policy });
    assert.deepEqual([status, reason], ['expired', 'review_expired']);
    assert.deepEqual(calls.slice(-2), ['releaseStock', 'notify']);
    assert.ok(!calls.includes('chargePayment'));
  });

  it('ends when the order is cancelled: nothing is charged', async () => {
    const { status, reason, calls } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesReview(handle);
        const result = await handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
        assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
      },
      { policy },
    );
    assert.deepEqual([status, reason], ['cancelled', 'changed_my_mind']);
    assert.ok(!calls.includes('chargePayment'));
  });

  it('accepts the first decision and rejects any other', async () => {
    const { status, requests } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesReview(handle);
        const results = await Promise.allSettled([decide(handle, 'reject'), decide(handle, 'approve')]);
        assert.deepEqual(results.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
      },
      { policy },
    );
    const [, ...decided] = requests('recordReview').map(({ event }) => event);
    // A local activity may run twice if an update arrives during its workflow task.
    assert.deepEqual([...new Set(decided)], [status === 'rejected' ? 'review_rejected' : 'review_approved']);
  });

  it('accepts no decision on an order that is not in review', async () => {
    const charging = gate();
    await stage.runCheckout({ chargePayment: [charging.before(succeeded)] }, async (handle) => {
      await charging.reached;
      await assert.rejects(decide(handle, 'reject'), WorkflowUpdateFailedError);
      charging.open();
    });
  });

  it('is not decided, and its workflow not stopped, by signals and updates with a missing or wrong input', async () => {
    const { status, mails } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesReview(handle);
        for (const args of [[], [null], ['pi_1'], [{}], [{ paymentIntentId: 1 }], [{ paymentIntentId: '' }]])
          await handle.signal(PAYMENT_EVENT_SIGNAL, ...args);
        const wrong: [string, unknown[]][] = [
          [REVIEW_UPDATE, []],
          [REVIEW_UPDATE, [{}]],
          [REVIEW_UPDATE, [{ decision: 'Reject' }]],
          [REVIEW_UPDATE, [{ decision: 'approve', note: 7 }]],
          ...[5, 'x', true, [], null, [{ reason: 'x' }]].map((input): [string, unknown[]] => [
            CANCEL_UPDATE,
            [input],
          ]),
          [CANCEL_UPDATE, [{ reason: 7 }]],
          [CANCEL_UPDATE, [{ reason: 'a\0b' }]],
          [RESOLVE_STEP_UPDATE, []],
          [RESOLVE_STEP_UPDATE, [{ step: 'recordReview' }]],
        ];
        for (const [name, args] of wrong)
          await assert.rejects(
            handle.executeUpdate(name, { args: args as [unknown] }),
            (error) =>
              error instanceof WorkflowUpdateFailedError &&
              error.cause instanceof ApplicationFailure &&
              error.cause.type === INVALID_INPUT_FAILURE,
            `${name} ${JSON.stringify(args)}`,
          );
        assert.equal(await decide(handle, 'approve'), 'reserved');
      },
      { policy },
    );
    assert.equal(status, 'paid');
    assert.deepEqual(mails, ['created', 'paid']);
  });

  it('ends when its update cancel has no input', async () => {
    const { status } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesReview(handle);
        const result = await handle.executeUpdate<CancelResult, []>(CANCEL_UPDATE, { args: [] });
        assert.equal(result.status, 'cancelled');
      },
      { policy },
    );
    assert.equal(status, 'cancelled');
  });

  it('approved and cancelled at the same time is cancelled and keeps no payment', async () => {
    const { status, calls } = await stage.runCheckout(
      {},
      async (handle) => {
        await reachesReview(handle);
        await Promise.all([
          handle.executeUpdate(cancelUpdate, { args: [{}] }),
          decide(handle, 'approve').catch(() => undefined),
        ]);
      },
      { policy },
    );
    assert.equal(status, 'cancelled');
    // The approval may be processed before the cancel arrives: then the order is charged, and the payment is reversed.
    assert.equal(calls.includes('chargePayment'), calls.includes('refundPayment'));
  });

  it('approved, and cancelled while the decision is recorded, charges nothing', async () => {
    const { status, calls } = await stage.runCheckout(
      { recordReview: [reviewed, refused('DatabaseFault'), reviewed] },
      async (handle, seen) => {
        await reachesReview(handle);
        await decide(handle, 'approve');
        assert.equal(seen.count('parkStep'), 1);
        await handle.executeUpdate(cancelUpdate, { args: [{}] });
      },
      { policy },
    );
    assert.equal(status, 'cancelled');
    assert.ok(!calls.includes('chargePayment'));
  });
});
