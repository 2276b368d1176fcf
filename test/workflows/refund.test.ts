import assert from 'node:assert/strict';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../src/contracts/temporal/messages.ts';
import type { RefundResult } from '../../src/contracts/temporal/operations.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { fault, gate, outcome, refused, times } from '../support/script-lines.ts';
import type { Script } from '../support/scripted-activities.ts';
import { openWorkflowStage, type OperationHandle, type WorkflowStage } from '../support/workflows.ts';

const input = { refundId: 'ord_1/refunds/r1', amount: 400, requestHash: 'a'.repeat(64) };
const refunded = outcome({ refunded: 400 });
const step = 'refundPayment';

const outcomeOf = (handle: OperationHandle<'refund'>) =>
  handle.executeUpdate<OperationOutcome<RefundResult>, []>(OUTCOME_UPDATE);

describe('refund workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('is begun, made at the provider once, recorded, and announced to the customer', async () => {
    const { result, calls, mails, requests } = await stage.runOperation('refund', input, {
      beginRefund: [outcome({ ...input, outcome: 'booked', number: 3, amount: 400, status: 'pending' })],
    });
    assert.deepEqual(calls, ['beginRefund', 'refundPayment', 'finishRefund', 'notify']);
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    const [made] = requests('refundPayment');
    assert.deepEqual([made?.amount, made?.refundId, made?.paymentIntentId], [400, input.refundId, 'pi_1']);
    assert.deepEqual(mails, ['refunded']);
    assert.equal(requests('notify')[0]?.part, 3);
  });

  it('that is refused changes nothing', async () => {
    const refusal = {
      ...input,
      outcome: 'refused',
      code: 'refund_exceeds_captured',
      left: 0,
      orderStatus: 'paid',
    };
    const { result, calls } = await stage.runOperation(
      'refund',
      input,
      { beginRefund: [outcome(refusal)] },
      async (handle) => {
        const { state, result: preliminary } = await outcomeOf(handle);
        assert.deepEqual([state, preliminary?.outcome], ['done', 'refused']);
      },
    );
    assert.equal(result.outcome, 'refused');
    assert.deepEqual([...new Set(calls)], ['beginRefund']);
  });

  it('that was made before is not made again', async () => {
    const { result, calls } = await stage.runOperation('refund', input, {
      beginRefund: [outcome({ ...input, outcome: 'booked', number: 1, status: 'succeeded' })],
    });
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    assert.deepEqual(calls, ['beginRefund']);
  });

  it('is requested under the same id however often the provider fails', async () => {
    const { requests } = await stage.runOperation('refund', input, {
      refundPayment: [...times(12, fault), refunded],
    });
    assert.equal(requests('refundPayment').length, 13);
    assert.deepEqual(
      [...new Set(requests('refundPayment').map(({ refundId }) => refundId))],
      [input.refundId],
    );
    assert.equal(requests('finishRefund').length, 1);
  });

  it('returns its outcome when it is parked, and again when it is done, even if its mail is not sent yet', async () => {
    const mailing = gate();
    await stage.runOperation(
      'refund',
      input,
      {
        refundPayment: [refused(), refused(), refunded],
        notify: [refused('MailFault'), mailing.before(outcome({ status: 'sent' }))],
      },
      async (handle) => {
        const parked = await outcomeOf(handle);
        assert.deepEqual([parked.state, parked.result?.outcome], ['parked', 'booked']);
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'retry' }] });
        await mailing.reached;
        const { state, result: preliminary } = await outcomeOf(handle);
        assert.ok(
          state === 'done' && preliminary?.outcome === 'booked' && preliminary.status === 'succeeded',
        );
        mailing.open();
      },
    );
  });

  it('returns that it is parked if it could not be begun', async () => {
    const { result } = await stage.runOperation(
      'refund',
      input,
      {
        beginRefund: [
          refused('DatabaseFault'),
          outcome({ ...input, outcome: 'refused', code: 'order_not_found', left: 0, orderStatus: null }),
        ],
      },
      async (handle) => {
        assert.deepEqual(await outcomeOf(handle), { state: 'parked' });
      },
    );
    assert.equal(result.outcome, 'refused');
  });

  for (const [action, end, mails] of [
    ['skip', 'skipped', []],
    ['resolve', 'resolved', ['refunded']],
  ] as const) {
    it(`is ${end} by ${action}`, async () => {
      const {
        result,
        requests,
        mails: sent,
      } = await stage.runOperation('refund', input, { refundPayment: [refused()] }, async (handle) => {
        assert.equal((await outcomeOf(handle)).state, 'parked');
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action }] });
      });
      assert.ok(result.outcome === 'booked' && result.status === end);
      assert.deepEqual(
        requests('finishRefund').map(({ status }) => status),
        [end],
      );
      assert.deepEqual(sent, mails);
    });
  }

  it('is skipped, without a mail, when an operator resolves it and somebody has made it at the provider', async () => {
    const booked = { ...input, outcome: 'booked', number: 1, paymentIntentId: 'pi_1' };
    const { result, requests, mails } = await stage.runOperation(
      'refund',
      input,
      {
        beginRefund: [
          outcome({ ...booked, status: 'pending' }),
          // When the provider has refused it.
          outcome({ ...booked, status: 'pending' }),
          outcome({ ...booked, status: 'skipped' }),
        ],
        refundPayment: [refused('RefundRefused')],
      },
      async (handle) => {
        assert.equal((await outcomeOf(handle)).state, 'parked');
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'resolve' }] });
      },
    );
    assert.ok(result.outcome === 'booked' && result.status === 'skipped');
    assert.deepEqual(
      requests('finishRefund').map(({ status }) => status),
      ['resolved'],
    );
    assert.deepEqual(mails, []);
  });

  describe('that waits, while somebody may have made it at the provider', () => {
    const begunAt = '2026-11-28T12:00:00.000Z';
    const script = (): Script => ({
      beginRefund: [outcome({ ...input, outcome: 'booked', number: 1, status: 'pending', begunAt })],
      refundPayment: [
        fault,
        (items) =>
          items.some(({ unlessMadeSince }) => unlessMadeSince === begunAt)
            ? refused('RefundMadeElsewhere', '4.00 EUR went back')()
            : refunded(items),
      ],
    });

    it('is not made by itself, and an operator is told of the other refund', async () => {
      const { result, requests } = await stage.runOperation(
        'refund',
        input,
        script(),
        async (handle, seen) => {
          assert.equal((await outcomeOf(handle)).state, 'parked');
          await waitUntilPasses(() => {
            assert.match(seen.requests('parkStep').at(-1)?.reason ?? '', /^RefundMadeElsewhere: 4\.00 EUR/);
          });
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'skip' }] });
        },
      );
      assert.ok(result.outcome === 'booked' && result.status === 'skipped');
      assert.ok(requests('refundPayment').every(({ unlessMadeSince }) => unlessMadeSince === begunAt));
      assert.ok(requests('readOrderPayments').length >= 1, 'what was refunded there is recorded');
    });

    it('is made when an operator who was told of the other refund asks for it, and not before', async () => {
      const { result, requests } = await stage.runOperation(
        'refund',
        input,
        script(),
        async (handle, seen) => {
          assert.equal((await outcomeOf(handle)).state, 'parked');
          await waitUntilPasses(() => {
            assert.match(seen.requests('parkStep').at(-1)?.reason ?? '', /^RefundMadeElsewhere/);
          });
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'retry' }] });
        },
      );
      assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
      const asked = requests('refundPayment').map(({ unlessMadeSince }) => unlessMadeSince);
      assert.deepEqual([asked.pop(), new Set(asked)], [undefined, new Set([begunAt])]);
    });
  });

  it('is not stopped halfway by a cancellation of the workflow', async () => {
    const refunding = gate();
    const { result, calls } = await stage.runOperation(
      'refund',
      input,
      { refundPayment: [refunding.before(refunded)] },
      async (handle) => {
        await refunding.reached;
        await handle.cancel();
        await waitUntilPasses(async () => {
          const { events } = await handle.fetchHistory();
          assert.ok(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes));
        });
        refunding.open();
      },
    );
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    assert.deepEqual(calls, ['beginRefund', 'refundPayment', 'finishRefund', 'notify']);
  });
});
