import assert from 'node:assert/strict';
import { reconciliationWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { ProviderPayments } from '../../src/contracts/temporal/reconciliation.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import type { Observed, Script } from '../support/scripted-activities.ts';
import { outcome, refused } from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

/** An operation reads the payments and finds that too much has gone back. */
const FOUND: Script = {
  readOrderPayments: [
    (orders: { orderId: string }[]): Promise<ProviderPayments[]> =>
      Promise.resolve(
        orders.map(({ orderId }) => ({
          orderId,
          payments: [{ orderId, paymentIntentId: 'pi_1', captured: 1_000, capturable: 0 }],
        })),
      ),
  ],
  reconcilePayment: [
    outcome({ outcome: 'recorded', currency: 'EUR', excess: 300 }),
    outcome({ outcome: 'recorded', currency: 'EUR' }),
  ],
};

describe('what an operation finds of a payment beside its own outcome', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  type Run = Pick<Observed, 'requests'> & { orderId: string };
  type Act = NonNullable<Parameters<typeof stage.runOperation>[3]>;

  /** An operator settles the step of the operation itself by hand. */
  const byHand =
    (step: string, action: 'retry' | 'skip'): Act =>
    async (handle, seen) => {
      await waitUntilPasses(() => {
        assert.ok(seen.requests('parkStep').some((parked) => parked.step === step));
      });
      await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action }] });
    };

  const refundInput = { refundId: 'ord_1/refunds/r1', amount: 400, requestHash: 'a'.repeat(64) };
  const captureInput = { captureId: 'ord_1/captures/c1', requestHash: 'a'.repeat(64) };
  const settled = { outcome: 'booked', number: 1, amount: 400, paymentIntentId: 'pi_1', status: 'skipped' };
  const operations: Record<string, () => Promise<Run>> = {
    'a refused refund': () =>
      stage.runOperation('refund', refundInput, {
        ...FOUND,
        beginRefund: [outcome({ ...refundInput, ...settled, status: 'pending' }), outcome(settled)],
        refundPayment: [refused()],
      }),
    'a refund that is skipped': () =>
      stage.runOperation(
        'refund',
        refundInput,
        { ...FOUND, refundPayment: [refused('PaymentMissing')] },
        byHand('refundPayment', 'skip'),
      ),
    'a refused capture': () =>
      stage.runOperation(
        'capture',
        captureInput,
        { ...FOUND, capturePayment: [outcome({ status: 'refused', code: 'amount_too_large' })] },
        byHand('capturePayment', 'skip'),
      ),
    'a cancellation': () =>
      stage.runOperation(
        'cancellation',
        { reason: 'one' },
        { ...FOUND, refundPayment: [refused('PaymentMissing')] },
        byHand('refundPayment', 'skip'),
      ),
    'a late payment': () => stage.runOperation('latePayment', { paymentIntentId: 'pi_1' }, FOUND),
    'a dispute of an order that has ended': () =>
      stage.runOperation(
        'disputes',
        { paymentIntentId: 'pi_1' },
        { ...FOUND, recordDisputes: [outcome({ status: 'cancelled' })] },
      ),
    'a refund that the bank has sent back': () =>
      stage.runOperation(
        'returnedRefund',
        { paymentIntentId: 'pi_1', refundId: 'ord_1/refunds/1', amount: 400, providerRefundId: 're_1' },
        FOUND,
        byHand('refundPayment', 'retry'),
      ),
  };

  for (const [name, run] of Object.entries(operations))
    it(`is told to an operator: ${name}`, async () => {
      const { orderId, requests } = await run();
      const workflowId = reconciliationWorkflowId(orderId);
      await waitUntilPasses(() => {
        const told = requests('parkStep').filter((parked) => parked.workflowId === workflowId);
        assert.deepEqual(
          told.map(({ step, reason }) => [step, reason.split(':')[0]]),
          [['checkPayment pi_1', 'RefundExceedsCaptured']],
        );
      });
      const handle = stage.environment.client.workflow.getHandle(workflowId);
      await handle.executeUpdate(resolveStepUpdate, {
        args: [{ step: 'checkPayment pi_1', action: 'resolve' }],
      });
      await handle.result();
    });
});
