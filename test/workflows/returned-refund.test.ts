import assert from 'node:assert/strict';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { outcome } from '../support/script-lines.ts';
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

  for (const [left, made] of [
    [0, []],
    [150, [150]],
  ] as const)
    it(`refunds what is left of it: ${left} where somebody has refunded at the provider instead`, async () => {
      const { result, requests } = await stage.runOperation(
        'returnedRefund',
        input,
        {
          readOrderPayments: [
            (orders) =>
              Promise.resolve(
                orders.map(({ orderId }) => ({
                  orderId,
                  payments: [{ orderId, paymentIntentId: 'pi_1', captured: 1_000, capturable: 0 }],
                })),
              ),
          ],
          reconcilePayment: [outcome({ paymentIntentId: 'pi_1', notReplaced: { [input.refundId]: left } })],
        },
        async (handle, seen) => {
          await waitUntilPasses(() => {
            assert.equal(seen.count('parkStep'), 1);
          });
          await handle.executeUpdate(resolveStepUpdate, {
            args: [{ step: 'refundPayment', action: 'retry' }],
          });
        },
      );
      assert.equal(result, 'succeeded');
      assert.deepEqual(
        requests('refundPayment').map(({ amount }) => amount),
        made,
      );
    });

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
