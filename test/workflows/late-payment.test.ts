import assert from 'node:assert/strict';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import {
  authorized,
  declined,
  none,
  outcome,
  refused,
  requiresAction,
  succeeded,
} from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

const input = { paymentIntentId: 'pi_1' };

describe('late payment workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it("keeps a payment that is the order's own after all", async () => {
    const { result, calls } = await stage.runOperation('latePayment', input, {
      isLatePayment: [() => Promise.resolve([false])],
    });
    assert.equal(result, 'kept');
    assert.deepEqual(calls, ['isLatePayment']);
  });

  it('refunds a late payment in full, once, and records it', async () => {
    const { result, calls, requests } = await stage.runOperation('latePayment', input, {
      retrievePayment: [succeeded],
    });
    assert.equal(result, 'refunded');
    assert.deepEqual(calls, ['isLatePayment', 'retrievePayment', 'refundPayment', 'recordLatePayment']);
    const [made] = requests('refundPayment');
    assert.deepEqual([made?.amount, made?.refundId], [1_000, undefined]);
    const [recorded] = requests('recordLatePayment');
    assert.deepEqual([recorded?.captured, recorded?.refunded], [1_000, 1_000]);
  });

  for (const [what, found] of [
    ['never was', none],
    ['was cancelled', outcome({ status: 'cancelled' })],
  ] as const) {
    it(`does nothing about a payment that ${what}`, async () => {
      const { result, calls } = await stage.runOperation('latePayment', input, { retrievePayment: [found] });
      assert.equal(result, 'nothing');
      assert.deepEqual(calls, ['isLatePayment', 'retrievePayment']);
    });
  }

  for (const [what, found] of [
    ['is authorised', authorized],
    ['waits for the customer', requiresAction],
    ['is being processed', outcome({ status: 'processing' })],
    ['was declined', declined],
  ] as const) {
    it(`voids a payment that ${what}, so that it cannot succeed later`, async () => {
      const { result, calls } = await stage.runOperation('latePayment', input, { retrievePayment: [found] });
      assert.equal(result, 'nothing');
      assert.deepEqual(calls, ['isLatePayment', 'retrievePayment', 'voidPayment']);
    });
  }

  it('refunds a payment that succeeded just before it was voided', async () => {
    const { result, requests } = await stage.runOperation('latePayment', input, {
      retrievePayment: [authorized],
      voidPayment: [succeeded],
    });
    assert.equal(result, 'refunded');
    assert.equal(requests('recordLatePayment')[0]?.captured, 1_000);
  });

  it('waits for an operator if the provider refuses the refund, and records that the money was kept', async () => {
    const { requests } = await stage.runOperation(
      'latePayment',
      input,
      { retrievePayment: [succeeded], refundPayment: [refused()] },
      async (handle, seen) => {
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 1);
        });
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action: 'skip' }] });
      },
    );
    const [recorded] = requests('recordLatePayment');
    const { captured, refunded, settledByHand } = recorded ?? {};
    assert.deepEqual([captured, refunded, settledByHand], [1_000, 0, 'skip']);
  });
});
