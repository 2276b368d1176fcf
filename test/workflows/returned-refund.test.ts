import assert from 'node:assert/strict';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

const input = {
  paymentIntentId: 'pi_1',
  refundId: 'ord_1/refunds/1',
  amount: 400,
  providerRefundId: 're_1',
};

describe('returned refund workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  for (const [action, settled, tries] of [
    ['retry', 'succeeded', 1],
    ['skip', 'skipped', 0],
    ['resolve', 'resolved', 0],
  ] as const) {
    it(`waits for an operator, and is ${settled} by ${action}`, async () => {
      const { result, requests } = await stage.runOperation(
        'returnedRefund',
        input,
        {},
        async (handle, seen) => {
          await waitUntilPasses(() => {
            assert.equal(seen.count('parkStep'), 1);
          });
          assert.equal(seen.count('refundPayment'), 0);
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action }] });
        },
      );
      assert.equal(result, settled);
      const [parked] = requests('parkStep');
      assert.equal(parked?.reason, "RefundReturned: The customer's bank has sent the refund back");
      assert.deepEqual(
        requests('refundPayment').map(({ refundId, amount }) => [refundId, amount]),
        Array.from({ length: tries }, () => [input.refundId, 400]),
      );
      const [end] = requests('finishReturnedRefund');
      assert.deepEqual([end?.providerRefundId, end?.status], ['re_1', settled]);
    });
  }

  it('makes no refund before an operator has acted, however long that takes', async () => {
    await stage.runOperation('returnedRefund', input, {}, async (handle, seen) => {
      await waitUntilPasses(() => {
        assert.equal(seen.count('parkStep'), 1);
      });
      await stage.environment.sleep('90 days');
      assert.equal(seen.count('refundPayment'), 0);
      await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action: 'skip' }] });
    });
  });
});
