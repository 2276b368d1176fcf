import assert from 'node:assert/strict';
import { OUTCOME_UPDATE, type OperationOutcome } from '../../src/contracts/temporal/messages.ts';
import { reconciliationWorkflowId } from '../../src/contracts/temporal/names.ts';
import type { CaptureResult } from '../../src/contracts/temporal/operations.ts';
import type { ProviderPayments, ReconciledPayment } from '../../src/contracts/temporal/reconciliation.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import {
  authorized,
  declined,
  fault,
  outcome,
  refused,
  requiresAction,
  times,
} from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

const input = { captureId: 'ord_1/captures/c1', requestHash: 'a'.repeat(64) };
const payment = { attempt: 1, paymentIntentId: 'pi_1', captured: 0, capturable: 1_000 };
const order = { currency: 'EUR', paymentMethod: 'pm_card_visa', placedAt: '2026-01-01T00:00:00.000Z' };
const begun = { ...input, outcome: 'booked', amount: 400, final: false, status: 'pending', payment, order };
const expired = outcome({ status: 'expired' });
const captured = outcome({ status: 'captured', captured: 400, capturable: 600 });
const renewed = outcome({
  status: 'authorized',
  paymentIntentId: 'pi_2',
  captured: 0,
  capturable: 1_000,
  captureBefore: '2026-02-01T00:00:00.000Z',
});
const step = 'capturePayment';

describe('capture workflow', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('captures a part of the authorisation, once for its id, and records what is left', async () => {
    const { result, calls, requests, mails } = await stage.runOperation('capture', input, {
      beginCapture: [outcome(begun)],
      capturePayment: [fault, captured],
    });
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    assert.deepEqual(calls, ['beginCapture', 'capturePayment', 'capturePayment', 'finishCapture']);
    for (const { captureId, amount, final, paymentIntentId } of requests('capturePayment'))
      assert.deepEqual([captureId, amount, final, paymentIntentId], [input.captureId, 400, false, 'pi_1']);
    const [end] = requests('finishCapture');
    assert.deepEqual(
      [end?.status, end?.payment],
      ['succeeded', { attempt: 1, captured: 400, capturable: 600 }],
    );
    assert.deepEqual(mails, []);
  });

  it('has the payment reconciled where somebody else has captured, too', async () => {
    const { calls } = await stage.runOperation('capture', input, {
      beginCapture: [outcome(begun)],
      capturePayment: [outcome({ status: 'captured', captured: 1_000, capturable: 0 })],
    });
    assert.deepEqual(calls, [
      'beginCapture',
      'capturePayment',
      'finishCapture',
      'findPayments',
      'readOrderPayments',
    ]);
  });

  it('that is final waits for captures in progress, and uses what they have left', async () => {
    const taken = { ...payment, captured: 600, capturable: 400 };
    const final = { ...begun, final: true };
    const { result, calls } = await stage.runOperation('capture', input, {
      beginCapture: [
        outcome({ ...final, waits: true }),
        outcome({ ...final, waits: true }),
        outcome({ ...final, payment: taken }),
      ],
      capturePayment: [outcome({ status: 'captured', captured: 1_000, capturable: 0 })],
    });
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    assert.deepEqual(calls, [...times(3, 'beginCapture'), 'capturePayment', 'finishCapture']);
  });

  it('that is refused, or was made before, captures nothing', async () => {
    for (const line of [
      outcome({ ...input, outcome: 'refused', code: 'not_capturable', left: 0, orderStatus: 'cancelled' }),
      outcome({ ...begun, status: 'succeeded' }),
    ]) {
      const { calls } = await stage.runOperation('capture', input, { beginCapture: [line] });
      assert.deepEqual(calls, ['beginCapture']);
    }
  });

  describe('of an expired authorisation', () => {
    it('renews it as the next payment attempt, and captures from that', async () => {
      const { result, calls, requests } = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun)],
        capturePayment: [expired, captured],
        chargePayment: [renewed],
      });
      assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
      assert.deepEqual(calls.slice(1), [
        'capturePayment',
        'chargePayment',
        'renewAuthorization',
        'capturePayment',
        'finishCapture',
      ]);
      const [charge] = requests('chargePayment');
      assert.deepEqual(
        [charge?.attempt, charge?.amount, charge?.currency, charge?.capture, charge?.triedBefore],
        [2, 1_000, 'EUR', 'later', false],
      );
      const [{ payment: written } = { payment: undefined }] = requests('renewAuthorization');
      assert.deepEqual(written, {
        attempt: 2,
        status: 'authorized',
        paymentIntentId: 'pi_2',
        captured: 0,
        capturable: 1_000,
        captureBefore: '2026-02-01T00:00:00.000Z',
      });
      assert.deepEqual(
        requests('capturePayment').map(({ paymentIntentId }) => paymentIntentId),
        ['pi_1', 'pi_2'],
      );
      assert.deepEqual(requests('finishCapture')[0]?.payment, { attempt: 2, captured: 400, capturable: 600 });
    });

    it('retries a renewal of unknown outcome as the same attempt, and never makes a second one', async () => {
      const { requests } = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun)],
        capturePayment: [expired, expired, expired, captured],
        chargePayment: [...times(10, fault), renewed],
      });
      const charges = requests('chargePayment').map(({ attempt, triedBefore }) => [attempt, triedBefore]);
      assert.deepEqual(charges, [...times(5, [2, false]), ...times(6, [2, true])]);
      assert.deepEqual(requests('capturePayment').at(-1)?.paymentIntentId, 'pi_2');
    });

    it('renews it once, even if the response to the capture is lost afterwards', async () => {
      const { requests } = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun)],
        capturePayment: [expired, ...times(7, fault), captured],
        chargePayment: [renewed],
      });
      assert.equal(requests('chargePayment').length, 1);
      assert.deepEqual(
        [
          ...new Set(
            requests('capturePayment')
              .slice(1)
              .map((each) => each.paymentIntentId),
          ),
        ],
        ['pi_2'],
      );
    });

    it('waits for an operator if the bank declines the renewal, and renews it again on retry', async () => {
      const { result, requests } = await stage.runOperation(
        'capture',
        input,
        {
          beginCapture: [outcome(begun)],
          capturePayment: [expired, expired, captured],
          chargePayment: [declined, renewed],
        },
        async (handle, seen) => {
          const { state } = await handle.executeUpdate<OperationOutcome<CaptureResult>, []>(OUTCOME_UPDATE);
          assert.equal(state, 'parked');
          const [parked] = seen.requests('parkStep');
          assert.equal(
            parked?.reason,
            'AuthorizationExpired: The authorisation has expired and cannot be renewed (card_declined)',
          );
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'retry' }] });
        },
      );
      assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
      assert.deepEqual(
        requests('chargePayment').map(({ attempt, triedBefore }) => [attempt, triedBefore]),
        [
          [2, false],
          [3, false],
        ],
      );
    });

    it('voids a renewal that needs the customer before it makes the next one', async () => {
      const { requests, calls } = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun)],
        capturePayment: [expired, expired, captured],
        chargePayment: [requiresAction, renewed],
      });
      assert.equal(requests('voidPayment').length, 1);
      assert.ok(calls.indexOf('voidPayment') < calls.lastIndexOf('chargePayment'));
      assert.deepEqual(
        requests('chargePayment').map(({ attempt }) => attempt),
        [2, 3],
      );
    });

    it('waits for an operator if a part of it was captured before', async () => {
      const { requests, calls } = await stage.runOperation(
        'capture',
        input,
        {
          beginCapture: [outcome({ ...begun, payment: { ...payment, captured: 600, capturable: 400 } })],
          capturePayment: [expired],
        },
        async (handle, seen) => {
          await waitUntilPasses(() => {
            assert.equal(seen.count('parkStep'), 1);
          });
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'skip' }] });
        },
      );
      assert.ok(!calls.includes('chargePayment'));
      assert.match(requests('parkStep')[0]?.reason ?? '', /^AuthorizationExpired: /);
      const [end] = requests('finishCapture');
      assert.deepEqual([end?.status, end?.payment], ['skipped', undefined]);
    });
  });

  describe('that the provider refuses, since somebody else has captured or released the money', () => {
    const ended = outcome({ status: 'ended', captured: 1_000 });
    const tooLarge = outcome({ status: 'refused', code: 'amount_too_large' });
    const asksProvider = ['findPayments', 'readOrderPayments', 'reconcilePayment', 'beginCapture'];
    /** What PostgreSQL returns for the payment. */
    const reconciled = (found: Partial<ReconciledPayment> = {}) =>
      outcome({ paymentIntentId: 'pi_1', outcome: 'recorded', currency: 'EUR', ...found });
    const read = ({ orderId }: { orderId: string }): ProviderPayments => ({
      orderId,
      payments: [{ orderId, paymentIntentId: 'pi_1', captured: 0, capturable: 0 }],
    });
    const provider = (orders: { orderId: string }[]): Promise<ProviderPayments[]> =>
      Promise.resolve(orders.map(read));

    it('is made where the other has captured as much', async () => {
      for (const refusal of [ended, tooLarge]) {
        const { result, calls, requests } = await stage.runOperation('capture', input, {
          beginCapture: [outcome(begun), outcome({ ...begun, status: 'succeeded' })],
          capturePayment: [refusal],
          findPayments: [outcome({ paymentIntentIds: ['pi_1'], captureIds: [input.captureId] })],
          readOrderPayments: [provider],
          reconcilePayment: [reconciled()],
        });
        assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
        assert.deepEqual(calls, ['beginCapture', 'capturePayment', ...asksProvider]);
        assert.deepEqual(requests('readOrderPayments')[0]?.captureIds, [input.captureId]);
        assert.equal(requests('reconcilePayment')[0]?.refusedCaptureId, input.captureId);
      }
    });

    it('captures what is left of its amount', async () => {
      const left = { ...payment, captured: 300, capturable: 100 };
      const { result, calls, requests } = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun), outcome({ ...begun, amount: 100, final: true, payment: left })],
        capturePayment: [tooLarge, outcome({ status: 'captured', captured: 400, capturable: 0 })],
        readOrderPayments: [provider],
        reconcilePayment: [reconciled()],
      });
      assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
      assert.deepEqual([result.amount, result.final], [100, true]);
      assert.deepEqual(calls, [
        ...['beginCapture', 'capturePayment', ...asksProvider],
        ...['capturePayment', 'finishCapture'],
      ]);
      assert.deepEqual(
        requests('capturePayment').map(({ amount, final }) => [amount, final]),
        [
          [400, false],
          [100, true],
        ],
      );
      assert.deepEqual(requests('finishCapture')[0]?.payment, { attempt: 1, captured: 400, capturable: 0 });
    });

    it('is made again where the authorisation has expired meanwhile', async () => {
      const { result, requests } = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun), outcome({ ...begun, payment: { ...payment, capturable: 0 } })],
        capturePayment: [tooLarge, expired, captured],
        chargePayment: [renewed],
        readOrderPayments: [provider],
        reconcilePayment: [reconciled({ ended: 'expired', missing: 1_000 })],
      });
      assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
      assert.equal(requests('chargePayment').length, 1);
      assert.deepEqual(requests('parkStep'), []);
    });

    it('has an operator told of the money that is no longer held, where it is made', async () => {
      const run = await stage.runOperation('capture', input, {
        beginCapture: [outcome(begun), outcome({ ...begun, status: 'succeeded' })],
        capturePayment: [ended],
        readOrderPayments: [provider],
        reconcilePayment: [reconciled({ ended: 'released', missing: 600 }), reconciled()],
      });
      await waitUntilPasses(() => {
        const [parked] = run.requests('parkStep');
        assert.match(
          parked?.reason ?? '',
          /^AuthorizationEnded: The authorisation of 6\.00 EUR was released/,
        );
        assert.equal(parked?.workflowId, reconciliationWorkflowId(run.orderId));
      });
    });

    it('waits for an operator with the amounts where enough can be captured', async () => {
      const { requests, calls } = await stage.runOperation(
        'capture',
        input,
        {
          beginCapture: [outcome(begun), outcome({ ...begun, payment: { ...payment, captured: 300 } })],
          capturePayment: [tooLarge],
          readOrderPayments: [provider],
          reconcilePayment: [reconciled()],
        },
        async (handle, seen) => {
          await waitUntilPasses(() => {
            assert.equal(seen.count('parkStep'), 1);
          });
          await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'skip' }] });
        },
      );
      assert.deepEqual(calls.slice(0, 7), ['beginCapture', 'capturePayment', ...asksProvider, 'parkStep']);
      assert.equal(
        requests('parkStep')[0]?.reason,
        'CaptureRefused: The payment provider refuses to capture 4.00 EUR (amount_too_large): 3.00 EUR is captured, and 10.00 EUR can still be captured',
      );
    });
  });

  describe('of an authorisation that somebody has ended at the provider', () => {
    it('is done, and charges nothing again, where as much was captured', async () => {
      for (const taken of [400, 1_000]) {
        const { result, calls, requests } = await stage.runOperation('capture', input, {
          beginCapture: [outcome(begun)],
          capturePayment: [outcome({ status: 'ended', captured: taken })],
        });
        assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
        assert.deepEqual(calls, [
          ...['beginCapture', 'capturePayment', 'findPayments', 'readOrderPayments', 'beginCapture'],
          'finishCapture',
          // More was captured than this capture was to take.
          ...(taken > 400 ? ['findPayments', 'readOrderPayments'] : []),
        ]);
        const [end] = requests('finishCapture');
        assert.deepEqual(end?.payment, { attempt: 1, captured: taken, capturable: 0 });
      }
    });

    it('waits for an operator where less was captured, and records how much', async () => {
      for (const taken of [0, 399]) {
        const { calls, requests } = await stage.runOperation(
          'capture',
          input,
          {
            beginCapture: [outcome(begun)],
            capturePayment: [outcome({ status: 'ended', captured: taken })],
          },
          async (handle, seen) => {
            await waitUntilPasses(() => {
              assert.equal(seen.count('parkStep'), 1);
            });
            await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'skip' }] });
          },
        );
        assert.ok(!calls.includes('chargePayment'));
        const reason = requests('parkStep')[0]?.reason ?? '';
        assert.match(reason, new RegExp(`^AuthorizationEnded: .*taken ${(taken / 100).toFixed(2)} EUR`));
        const [end] = requests('finishCapture');
        assert.deepEqual(
          [end?.status, end?.payment],
          ['skipped', { attempt: 1, captured: taken, capturable: 0 }],
        );
      }
    });
  });

  it('that the provider refuses waits for an operator, and is settled by their action', async () => {
    const { result, requests } = await stage.runOperation(
      'capture',
      input,
      {
        beginCapture: [outcome(begun)],
        capturePayment: [outcome({ status: 'refused', code: 'amount_too_large' })],
      },
      async (handle, seen) => {
        await waitUntilPasses(() => {
          assert.equal(seen.count('parkStep'), 1);
        });
        await handle.executeUpdate(resolveStepUpdate, { args: [{ step, action: 'resolve' }] });
      },
    );
    assert.ok(result.outcome === 'booked' && result.status === 'resolved');
    assert.equal(
      requests('parkStep')[0]?.reason,
      'CaptureRefused: The payment provider refuses to capture 4.00 EUR (amount_too_large): 0.00 EUR is captured, and 10.00 EUR can still be captured',
    );
    assert.equal(requests('finishCapture')[0]?.status, 'resolved');
  });

  it('does not renew again while a renewed authorisation is not recorded yet', async () => {
    const { calls } = await stage.runOperation('capture', input, {
      beginCapture: [outcome(begun)],
      capturePayment: [expired, captured],
      chargePayment: [renewed],
      renewAuthorization: [refused('DatabaseFault'), authorized],
    });
    assert.deepEqual(
      calls.filter((name) => name === 'chargePayment' || name === 'renewAuthorization'),
      ['chargePayment', 'renewAuthorization', 'renewAuthorization'],
    );
  });
});
