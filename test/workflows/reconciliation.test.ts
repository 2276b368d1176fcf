import assert from 'node:assert/strict';
import type { ProviderPaymentState, ReconciledPayment } from '../../src/contracts/temporal/reconciliation.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { concernFoundSignal } from '../../src/workflows/operations/reconciliation.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { gate, outcome, refused } from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

const input = { paymentIntentId: 'pi_1' };

/** What the provider says of the order's payment. */
const provider =
  (...payments: Partial<ProviderPaymentState>[]) =>
  (orders: { orderId: string }[]) =>
    Promise.resolve(
      orders.map(({ orderId }) => ({
        orderId,
        payments: payments.map((payment) => ({
          orderId,
          paymentIntentId: 'pi_1',
          captured: 0,
          capturable: 0,
          ...payment,
        })),
      })),
    );

/** What PostgreSQL answers for each payment. */
const ledger = (found: Partial<ReconciledPayment>) => (payments: ProviderPaymentState[]) =>
  Promise.resolve(
    payments.map(({ orderId, paymentIntentId }) => ({
      orderId,
      paymentIntentId,
      outcome: 'recorded' as const,
      currency: 'EUR',
      ...found,
    })),
  );

describe('reconciliation workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('records what the provider says, and ends where nothing has to follow', async () => {
    const { calls, requests } = await stage.runOperation('latePayment', input, {
      readOrderPayments: [provider({ captured: 1_000 })],
    });
    assert.deepEqual(calls, ['findPayments', 'readOrderPayments', 'reconcilePayment']);
    assert.deepEqual(requests('readOrderPayments')[0]?.paymentIntentIds, ['pi_1']);
    assert.equal(requests('reconcilePayment')[0]?.captured, 1_000);
  });

  it('does nothing where the provider knows no payment of the order', async () => {
    const { calls } = await stage.runOperation('latePayment', input, {});
    assert.deepEqual(calls, ['findPayments', 'readOrderPayments']);
  });

  it('refunds money that the order does not want, and records it', async () => {
    const { calls, requests } = await stage.runOperation('latePayment', input, {
      readOrderPayments: [provider({ captured: 1_000 }), provider({ captured: 1_000 })],
      reconcilePayment: [ledger({ refundTotal: 1_000 }), ledger({})],
    });
    const once = ['findPayments', 'readOrderPayments', 'reconcilePayment'];
    assert.deepEqual(calls, [...once, 'refundPayment', ...once]);
    const [made] = requests('refundPayment');
    assert.deepEqual([made?.amount, made?.refundId], [1_000, undefined]);
  });

  it('refunds money of cancelled lines that somebody has captured, and reads again when the provider refuses that', async () => {
    const unwanted = { refundId: 'ord_1/refunds/outside-capture/2', number: 2, amount: 1_000 };
    const less = { ...unwanted, amount: 400 };
    const { calls, requests } = await stage.runOperation('latePayment', input, {
      readOrderPayments: [1, 2, 3].map(() => provider({ captured: 3_000 })),
      reconcilePayment: [ledger({ unwanted }), ledger({ unwanted: less }), ledger({})],
      refundPayment: [refused(), outcome({ refunded: 400 })],
    });
    const once = ['findPayments', 'readOrderPayments', 'reconcilePayment'];
    assert.deepEqual(
      calls.filter((name) => name !== 'notify'),
      [...once, 'refundPayment', ...once, 'refundPayment', 'finishRefund', ...once],
    );
    assert.deepEqual(
      requests('refundPayment').map(({ refundId, amount }) => [refundId, amount]),
      [
        [unwanted.refundId, 1_000],
        [unwanted.refundId, 400],
      ],
    );
    assert.equal(requests('reconcilePayment')[1]?.refusedRefundId, unwanted.refundId);
    assert.equal(requests('finishRefund')[0]?.status, 'succeeded');
    assert.deepEqual(
      requests('notify').map(({ kind, part }) => [kind, part]),
      [['refunded', 2]],
    );
  });

  it('releases money that the order does not want', async () => {
    const { calls } = await stage.runOperation('latePayment', input, {
      readOrderPayments: [provider({ capturable: 1_000 }), provider({})],
      reconcilePayment: [ledger({ release: true }), ledger({})],
    });
    assert.equal(calls.filter((name) => name === 'voidPayment').length, 1);
  });

  it('waits while a capture or the cancellation of the order is in progress', async () => {
    const { calls } = await stage.runOperation('latePayment', input, {
      readOrderPayments: [provider({ captured: 500 }), provider({ captured: 500 })],
      reconcilePayment: [ledger({ outcome: 'busy' }), ledger({})],
    });
    assert.equal(calls.filter((name) => name === 'readOrderPayments').length, 2);
  });

  it('sends a mail for each refund that was found', async () => {
    const { requests } = await stage.runOperation('latePayment', input, {
      readOrderPayments: [provider({ captured: 1_000 })],
      reconcilePayment: [ledger({ refunds: [2, 3] })],
    });
    assert.deepEqual(
      requests('notify').map(({ kind, part }) => [kind, part]),
      [
        ['refunded', 2],
        ['refunded', 3],
      ],
    );
  });

  it('waits for an operator if the provider refuses the refund, and records that the money was kept', async () => {
    const { requests } = await stage.runOperation(
      'latePayment',
      input,
      {
        readOrderPayments: [provider({ captured: 1_000 }), provider({ captured: 1_000 })],
        reconcilePayment: [ledger({ refundTotal: 1_000 }), ledger({})],
        refundPayment: [refused()],
      },
      async (handle, seen) => {
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 1);
        });
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'refundPayment', action: 'skip' }] });
      },
    );
    assert.deepEqual(
      requests('reconcilePayment').map(({ settledByHand }) => settledByHand),
      [undefined, 'skip'],
    );
  });

  it('tells an operator that a refund by somebody else has failed', async () => {
    const { requests } = await stage.runOperation(
      'reconciliation',
      {},
      {
        readOrderPayments: [provider({ captured: 1_000, failedRefunds: ['re_1'] })],
        reconcilePayment: [ledger({ returned: 400 })],
      },
      async (handle, seen) => {
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 1);
        });
        await handle.executeUpdate(resolveStepUpdate, {
          args: [{ step: 'checkPayment pi_1', action: 'resolve' }],
        });
      },
    );
    assert.deepEqual(requests('reconcilePayment')[0]?.failedRefunds, ['re_1']);
    assert.match(
      requests('parkStep')[0]?.reason ?? '',
      /^RefundReturned: .* 4\.00 EUR is with the shop again/,
    );
  });

  it('tells an operator that the money of a paid order is no longer held, and ends when the operator has acted', async () => {
    const { requests } = await stage.runOperation(
      'reconciliation',
      {},
      {
        readOrderPayments: [provider({ status: 'cancelled' })],
        reconcilePayment: [ledger({ ended: 'released', missing: 1_000 })],
      },
      async (handle, seen) => {
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 1);
        });
        await handle.executeUpdate(resolveStepUpdate, {
          args: [{ step: 'checkPayment pi_1', action: 'skip' }],
        });
      },
    );
    assert.match(
      requests('parkStep')[0]?.reason ?? '',
      /^AuthorizationEnded: The authorisation of 10\.00 EUR was released/,
    );
  });

  describe('is told by another operation of what that has found', () => {
    const concern = { paymentIntentId: 'pi_1', currency: 'EUR', excess: 300 };
    const step = 'checkPayment pi_1';

    it('and tells an operator, once for the same, and again where there is more to say', async () => {
      const { requests } = await stage.runOperation('reconciliation', {}, {}, async (handle, seen) => {
        await handle.signal(concernFoundSignal, concern);
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 1);
        });
        await handle.signal(concernFoundSignal, concern);
        // It has handled the signal when it answers.
        await assert.rejects(
          handle.executeUpdate(resolveStepUpdate, { args: [{ step: 'other', action: 'retry' }] }),
        );
        await handle.signal(concernFoundSignal, { paymentIntentId: 'pi_1', currency: 'EUR', returned: 500 });
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 2);
        });
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'retry' }] });
      });
      assert.deepEqual(
        requests('parkStep').map(({ step: parked, reason }) => [parked, reason.split(':')[0]]),
        [
          [step, 'RefundExceedsCaptured'],
          [step, 'RefundReturned'],
        ],
      );
    });

    it('and ignores a signal that says nothing of a payment', async () => {
      const { requests } = await stage.runOperation('reconciliation', {}, {}, async (handle) => {
        for (const nonsense of [undefined, null, {}, { paymentIntentId: 'pi_1', excess: 'much' }])
          await handle.signal(concernFoundSignal.name, nonsense);
      });
      assert.deepEqual(requests('parkStep'), []);
    });

    it('also while a mail of its own waits', async () => {
      const mailing = gate();
      const { requests } = await stage.runOperation(
        'reconciliation',
        {},
        {
          readOrderPayments: [provider({ captured: 1_000 })],
          reconcilePayment: [ledger({ refunds: [2] }), ledger({})],
          notify: [mailing.before(() => Promise.resolve([]))],
        },
        async (handle, seen) => {
          await mailing.reached;
          await handle.signal(concernFoundSignal, concern);
          mailing.open();
          await waitUntilPasses(() => {
            assert.equal(seen.count('parkStep'), 1);
          });
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'resolve' }] });
        },
      );
      assert.equal(requests('resolveStep')[0]?.action, 'resolve');
    });
  });
});
