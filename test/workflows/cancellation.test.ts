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

  it('gives what is left of the money back, then the goods, and tells the customer', async () => {
    const { result, calls, mails, asked } = await stage.operate('cancellation', input, {
      beginCancellation: [outcome(begun)],
    });
    assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
    assert.deepEqual(calls, ['beginCancellation', 'refundPayment', 'finishCancellation', 'notify']);
    assert.deepEqual(mails, ['cancelled']);
    const [made] = asked('refundPayment');
    assert.deepEqual([made?.refundId, made?.amount], [refund.refundId, 600]);
    const [end] = asked('finishCancellation');
    assert.deepEqual([end?.refund, end?.released, end?.reason], ['succeeded', undefined, 'changed_my_mind']);
  });

  it('releases what is only authorised', async () => {
    const { calls, asked } = await stage.operate('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'begun', orderStatus: 'paid', capturable: 1_000 })],
    });
    assert.deepEqual(calls, ['beginCancellation', 'voidPayment', 'finishCancellation', 'notify']);
    const [end] = asked('finishCancellation');
    assert.deepEqual([end?.refund, end?.released], [undefined, true]);
  });

  it('releases what is authorised and gives back what was captured of it', async () => {
    const { calls, asked } = await stage.operate('cancellation', input, {
      beginCancellation: [outcome({ ...begun, capturable: 400 })],
      voidPayment: [outcome({ status: 'succeeded', captured: 600 })],
    });
    assert.deepEqual(calls.slice(1, 4), ['voidPayment', 'refundPayment', 'finishCancellation']);
    const [end] = asked('finishCancellation');
    assert.deepEqual([end?.refund, end?.released], ['succeeded', true]);
  });

  it('of a free order gives back the goods only', async () => {
    const { calls } = await stage.operate('cancellation', input, {
      beginCancellation: [
        ({ length }) => Promise.resolve(times(length, { orderId: 'ord', outcome: 'begun' })),
      ],
    });
    assert.deepEqual(calls, ['beginCancellation', 'finishCancellation', 'notify']);
  });

  it('waits for a refund or capture that is under way', async () => {
    const { result, calls } = await stage.operate('cancellation', input, {
      beginCancellation: [...times(4, outcome({ outcome: 'busy', orderStatus: 'paid' })), outcome(begun)],
    });
    assert.equal(result.cancelled, true);
    assert.deepEqual(calls.slice(0, 6), [...times(5, 'beginCancellation'), 'refundPayment']);
  });

  it('of an order that is shipped is refused, and changes nothing', async () => {
    const { result, calls } = await stage.operate('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'refused', orderStatus: 'shipped' })],
    });
    assert.deepEqual(result, { cancelled: false, status: 'shipped' });
    assert.deepEqual(calls, ['beginCancellation']);
  });

  it('of an order that is cancelled is done', async () => {
    const { result, calls } = await stage.operate('cancellation', input, {
      beginCancellation: [outcome({ outcome: 'done', orderStatus: 'cancelled' })],
    });
    assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
    assert.deepEqual(calls, ['beginCancellation']);
  });

  it('keeps the goods until the money is back, and says meanwhile that it is not cancelled', async () => {
    const { calls } = await stage.operate(
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
    it(`writes down what an operator has left out by ${action}`, async () => {
      const { result, asked } = await stage.operate(
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
      const [end] = asked('finishCancellation');
      assert.deepEqual([end?.refund, end?.released], [settled, released]);
    });
  }
});
