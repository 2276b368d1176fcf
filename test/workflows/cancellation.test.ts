import assert from 'node:assert/strict';
import {
  OUTCOME_UPDATE,
  type CancelResult,
  type OperationOutcome,
} from '../../src/contracts/temporal/messages.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { outcome, refused, times } from '../support/script-lines.ts';
import { openWorkflowStage, type OperationHandle, type WorkflowStage } from '../support/workflows.ts';

const input = { reason: 'changed_my_mind' };
const refund = { refundId: 'ord_1/cancellation', amount: 600 };
const begun = { outcome: 'begun', orderStatus: 'paid', capturable: 0, refund };

const outcomeOf = (handle: OperationHandle<'cancellation'>) =>
  handle.executeUpdate<OperationOutcome<CancelResult>, []>(OUTCOME_UPDATE);

describe('cancellation workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('refunds what is left of the payment, then returns the stock, then sends the mail', async () => {
    const { result, calls, mails, requests } = await stage.runOperation('cancellation', input, {
      beginCancellation: [outcome(begun)],
    });
    assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
    assert.deepEqual(calls, ['beginCancellation', 'refundPayment', 'finishCancellation', 'notify']);
    assert.deepEqual(mails, ['cancelled']);
    const [made] = requests('refundPayment');
    assert.deepEqual([made?.refundId, made?.amount], [refund.refundId, 600]);
    const [end] = requests('finishCancellation');
    assert.deepEqual([end?.refund, end?.released, end?.reason], ['succeeded', undefined, 'changed_my_mind']);
  });

  it('releases an authorisation of which nothing was captured', async () => {
    const { calls, requests } = await stage.runOperation('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'begun', orderStatus: 'paid', capturable: 1_000 })],
    });
    assert.deepEqual(calls, ['beginCancellation', 'voidPayment', 'finishCancellation', 'notify']);
    const [end] = requests('finishCancellation');
    assert.deepEqual([end?.refund, end?.released], [undefined, true]);
  });

  it('releases the rest of an authorisation and refunds what was captured of it', async () => {
    const { calls, requests } = await stage.runOperation('cancellation', input, {
      beginCancellation: [outcome({ ...begun, captured: 600, capturable: 400 })],
      voidPayment: [outcome({ status: 'succeeded', captured: 600 })],
    });
    assert.deepEqual(calls.slice(1, 4), ['voidPayment', 'refundPayment', 'finishCancellation']);
    const [end] = requests('finishCancellation');
    assert.deepEqual([end?.refund, end?.released], ['succeeded', true]);
  });

  it('refunds what somebody has captured at the provider meanwhile', async () => {
    const { calls, requests } = await stage.runOperation('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'begun', orderStatus: 'paid', captured: 0, capturable: 1_000 })],
      voidPayment: [outcome({ status: 'succeeded', captured: 1_000 })],
      reconcilePayment: [outcome({ refund: { ...refund, amount: 1_000 } })],
    });
    assert.deepEqual(calls.slice(1, -1), [
      'voidPayment',
      'reconcilePayment',
      'refundPayment',
      'finishCancellation',
    ]);
    const [said] = requests('reconcilePayment');
    assert.deepEqual([said?.captured, said?.capturable], [1_000, 0]);
    assert.deepEqual(requests('refundPayment')[0]?.amount, 1_000);
    assert.deepEqual(requests('finishCancellation')[0]?.refund, 'succeeded');
  });

  it('of a free order returns the stock only', async () => {
    const { calls } = await stage.runOperation('cancellation', input, {
      beginCancellation: [
        ({ length }) => Promise.resolve(times(length, { orderId: 'ord', outcome: 'begun' })),
      ],
    });
    assert.deepEqual(calls, ['beginCancellation', 'finishCancellation', 'notify']);
  });

  it('waits for a refund or capture in progress', async () => {
    const { result, calls } = await stage.runOperation('cancellation', input, {
      beginCancellation: [...times(4, outcome({ outcome: 'busy', orderStatus: 'paid' })), outcome(begun)],
    });
    assert.equal(result.cancelled, true);
    assert.deepEqual(calls.slice(0, 6), [...times(5, 'beginCancellation'), 'refundPayment']);
  });

  it('of a shipped order is refused and changes nothing', async () => {
    const { result, calls } = await stage.runOperation('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'refused', orderStatus: 'shipped' })],
    });
    assert.deepEqual(result, { cancelled: false, status: 'shipped' });
    assert.deepEqual(calls, ['beginCancellation']);
  });

  it('of a cancelled order is done at once', async () => {
    const { result, calls } = await stage.runOperation('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'done', orderStatus: 'cancelled' })],
    });
    assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
    assert.deepEqual(calls, ['beginCancellation']);
  });

  it('keeps the stock until the money is refunded, and meanwhile returns that the order is not cancelled', async () => {
    const { calls } = await stage.runOperation(
      'cancellation',
      input,
      {
        beginCancellation: [outcome(begun)],
        refundPayment: [refused(), refused(), outcome({ refunded: 600 })],
      },
      async (handle, seen) => {
        assert.deepEqual(await outcomeOf(handle), {
          state: 'parked',
          result: { cancelled: false, status: 'paid' },
        });
        assert.ok(!seen.calls.includes('finishCancellation'));
      },
    );
    assert.equal(calls.at(-2), 'finishCancellation');
  });

  for (const [action, settled, released] of [
    ['skip', 'skipped', false],
    ['resolve', 'resolved', true],
  ] as const) {
    it(`records that an operator skipped its steps by ${action}`, async () => {
      const { result, requests } = await stage.runOperation(
        'cancellation',
        input,
        {
          beginCancellation: [outcome({ ...begun, capturable: 400 })],
          voidPayment: [refused()],
          refundPayment: [refused()],
        },
        async (handle) => {
          assert.equal((await outcomeOf(handle)).state, 'parked');
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'voidPayment', action }] });
          assert.equal((await outcomeOf(handle)).state, 'parked');
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action }] });
        },
      );
      assert.equal(result.cancelled, true);
      const [end] = requests('finishCancellation');
      assert.deepEqual([end?.refund, end?.released], [settled, released]);
    });
  }
});
