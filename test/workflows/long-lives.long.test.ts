import assert from 'node:assert/strict';
import { DAY_MS } from '../../src/domain/backoff.ts';
import { cancelUpdate, reviewUpdate, statusQuery } from '../../src/workflows/checkout.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import {
  continuesAsNew,
  lengthsOf,
  longCheckout,
  resolve,
  runIdOf,
  switchable,
  YEAR_MS,
} from '../support/long-lives.ts';
import { fault, outcome, refused, requiresAction, succeeded } from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

describe('a workflow that waits for long, and goes on as a new run', function () {
  this.timeout(180_000);
  let stage: WorkflowStage;

  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('has short histories although a cancellation waits for a parked refund', async () => {
    const begun = switchable(
      outcome({ outcome: 'busy', orderStatus: 'paid' }),
      outcome({ outcome: 'done', orderStatus: 'cancelled' }),
    );
    let first = '';
    const { result } = await stage.runOperation(
      'cancellation',
      { reason: 'changed_my_mind' },
      { beginCancellation: [begun.run] },
      async (handle) => {
        first = await runIdOf(handle);
        await stage.environment.sleep(YEAR_MS / 12);
        begun.switch();
        await handle.result();
        const lengths = await lengthsOf(stage, handle, first);
        assert.ok(lengths.length > 1, `the runs have ${lengths.join(', ')} events`);
      },
    );
    assert.deepEqual(result, { cancelled: true, status: 'cancelled' });
  });

  it('is confirmed with the payment that it has, though a cancel comes while the confirmation is parked', async () => {
    const confirmOrder = switchable(
      refused('InvariantViolated'),
      outcome({ status: 'paid', total: 1_000, currency: 'EUR' }),
    );
    const { status, requests, calls, count } = await longCheckout(
      stage,
      { confirmOrder: [confirmOrder.run] },
      async (handle) => {
        await continuesAsNew(stage, handle);
        const result = await handle.executeUpdate(cancelUpdate, { args: [{}] });
        assert.equal(result.cancelled, false);
        confirmOrder.switch();
        await resolve(handle, 'confirmOrder', 'retry');
      },
    );
    assert.equal(status, 'paid');
    assert.equal(count('chargePayment'), 1);
    assert.ok(!calls.includes('abandonOrder'));
    assert.equal(requests('confirmOrder').at(-1)?.payment.captured, 1_000);
  });

  for (const action of ['skip', 'resolve'] as const)
    it(`keeps what it undoes, so that an operator can ${action} it`, async () => {
      const { status, requests, count } = await longCheckout(
        stage,
        { chargePayment: [requiresAction], voidPayment: [succeeded], refundPayment: [fault] },
        async (handle) => {
          await waitUntilPasses(async () => {
            assert.equal(await handle.query(statusQuery), 'awaiting_customer');
          });
          await handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
          await continuesAsNew(stage, handle);
          await resolve(handle, 'refundPayment', action);
        },
      );
      assert.equal(status, 'cancelled');
      assert.equal(count('chargePayment'), 1);
      const [released, ...more] = requests('releaseStock');
      assert.deepEqual(more, []);
      assert.deepEqual([released?.reason, released?.payment?.settledByHand], ['changed_my_mind', action]);
    });

  it('does not reverse the payment again while the release of the stock is parked', async () => {
    const releaseStock = switchable(refused('InvariantViolated'), outcome({ status: 'payment_failed' }));
    const { status, requests, count } = await longCheckout(
      stage,
      {
        chargePayment: [outcome({ status: 'declined', declineCode: 'no_funds' })],
        releaseStock: [releaseStock.run],
      },
      async (handle) => {
        await continuesAsNew(stage, handle);
        releaseStock.switch();
        await resolve(handle, 'releaseStock', 'retry');
      },
    );
    assert.equal(status, 'payment_failed');
    assert.equal(count('voidPayment'), 1);
    assert.equal(requests('releaseStock').at(-1)?.reason, 'no_funds');
  });

  it('asks on for a payment that the provider does not decide; its caller is told that it is not cancelled yet', async () => {
    const retrievePayment = switchable(outcome({ status: 'processing' }), succeeded);
    const { status, count, requests } = await longCheckout(
      stage,
      { chargePayment: [outcome({ status: 'processing' })], retrievePayment: [retrievePayment.run] },
      async (handle) => {
        await waitUntilPasses(async () => {
          assert.equal(await handle.query(statusQuery), 'payment_unknown');
        });
        const cancelling = handle.executeUpdate(cancelUpdate, { args: [{ reason: 'too_slow' }] });
        await continuesAsNew(stage, handle);
        assert.deepEqual(await cancelling, { cancelled: false, status: 'payment_unknown' });
        retrievePayment.switch();
        await handle.signal('paymentEvent', { paymentIntentId: 'pi_1' });
      },
    );
    assert.equal(status, 'cancelled');
    assert.deepEqual([count('chargePayment'), count('recordWaiting'), count('refundPayment')], [1, 1, 1]);
    assert.equal(requests('releaseStock')[0]?.reason, 'too_slow');
  });

  it('remembers what the customer needs, and how long', async () => {
    const retrievePayment = switchable(fault, requiresAction);
    const { status, count } = await longCheckout(
      stage,
      { chargePayment: [requiresAction], retrievePayment: [retrievePayment.run] },
      async (handle) => {
        await waitUntilPasses(async () => {
          assert.equal(await handle.query(statusQuery), 'awaiting_customer');
        });
        await continuesAsNew(stage, handle);
        retrievePayment.switch();
        await resolve(handle, 'retrievePayment', 'retry');
      },
      { policy: { paymentDeadlineMs: DAY_MS } },
    );
    assert.equal(status, 'expired');
    assert.deepEqual([count('chargePayment'), count('voidPayment')], [1, 1]);
  });

  it('waits on for its review, which ends in time', async () => {
    const review = { above: { EUR: 500 }, countries: [], deadlineMs: 100 * DAY_MS };
    const started = Date.now();
    const { status, requests, count } = await longCheckout(
      stage,
      { notify: [refused('MailFault')] },
      async (handle) => {
        await continuesAsNew(stage, handle);
        assert.equal(await handle.query(statusQuery), 'in_review');
        assert.equal(
          await handle.executeUpdate(reviewUpdate, { args: [{ decision: 'approve' }] }),
          'reserved',
        );
        await waitUntilPasses(async () => {
          assert.equal(await handle.query(statusQuery), 'paid');
        });
        for (const step of ['notify created', 'notify paid'])
          await waitUntilPasses(() => resolve(handle, step, 'skip'));
      },
      { policy: { review } },
    );
    assert.ok(Date.now() >= started);
    assert.equal(status, 'paid');
    assert.deepEqual(
      requests('recordReview').map(({ event }) => event),
      ['in_review', 'review_approved'],
    );
    assert.equal(count('chargePayment'), 1);
  });

  it('keeps a mail that cannot be sent, after it is paid', async () => {
    const notify = switchable(refused('MailFault'), outcome({ status: 'sent' }));
    const { status, calls, count } = await longCheckout(stage, { notify: [notify.run] }, async (handle) => {
      await continuesAsNew(stage, handle);
      assert.equal(await handle.query(statusQuery), 'paid');
      notify.switch();
      await resolve(handle, 'notify created, paid', 'retry');
    });
    assert.equal(status, 'paid');
    assert.deepEqual([count('reserveStock'), count('chargePayment'), count('confirmOrder')], [1, 1, 1]);
    assert.equal(calls.at(-1), 'resolveStep');
  });
});
