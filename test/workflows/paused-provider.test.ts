import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { PROVIDER_PAUSED_FAILURE } from '../../src/contracts/temporal/messages.ts';
import { checkoutWorkflowId } from '../../src/contracts/temporal/names.ts';
import { cancelUpdate } from '../../src/workflows/checkout.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { authorized, fault, gate, outcome, refused, succeeded, times } from '../support/script-lines.ts';
import { openWorkflowStage, type WorkflowStage } from '../support/workflows.ts';

/** A request that was not made, as an operator has paused the provider. */
const paused =
  (mayHaveTaken = false) =>
  (): Promise<never> =>
    Promise.reject(ApplicationFailure.nonRetryable('paused', PROVIDER_PAUSED_FAILURE, { mayHaveTaken }));

/** So many looks last longer than an order would be retried, and its payment attempts. */
const LONG = times(200, fault);

const input = { captureId: 'ord_1/captures/c1', requestHash: 'a'.repeat(64) };
const payment = { attempt: 1, paymentIntentId: 'pi_1', captured: 0, capturable: 1_000 };
const order = { currency: 'EUR', paymentMethod: 'pm_card_visa', placedAt: '2026-01-01T00:00:00.000Z' };
const begun = { ...input, outcome: 'booked', amount: 400, final: false, status: 'pending', payment, order };
const captured = outcome({ status: 'captured', captured: 400, capturable: 600 });

describe('a paused provider', function () {
  this.timeout(120_000);
  let stage: WorkflowStage;
  before(async () => {
    stage = await openWorkflowStage();
  });
  after(() => stage.close());

  it('has an order wait in its step: not parked, not unknown, and its history does not grow', async () => {
    const run = await stage.runCheckout({
      chargePayment: [paused(), paused(), succeeded],
      awaitProvider: [...LONG, outcome({})],
    });
    assert.equal(run.status, 'paid');
    const waited = run.count('awaitProvider');
    assert.equal(waited, LONG.length + 1);
    assert.deepEqual(
      run.calls.filter((name) => name !== 'awaitProvider'),
      ['reserveStock', 'chargePayment', 'chargePayment', 'chargePayment', 'confirmOrder', 'notify'],
    );
    const charges = run.requests('chargePayment').map(({ attempt, triedBefore }) => [attempt, triedBefore]);
    assert.deepEqual(charges.at(-1), [1, false]);
    const { events } = await stage.environment.client.workflow
      .getHandle(checkoutWorkflowId(run.order.orderId))
      .fetchHistory();
    assert.ok((events ?? []).length < 50, `${events?.length} events`);
  });

  it('may be paused again and again without an end of the order', async () => {
    const { status, calls } = await stage.runCheckout({
      chargePayment: [...times(40, paused()), succeeded],
    });
    assert.equal(status, 'paid');
    assert.ok(!calls.includes('parkStep') && !calls.includes('recordWaiting'));
  });

  it('has captures wait, and renewals of what has expired meanwhile, without parking them', async () => {
    const renewed = outcome({
      status: 'authorized',
      paymentIntentId: 'pi_2',
      captured: 0,
      capturable: 1_000,
    });
    const { result, calls } = await stage.runOperation('capture', input, {
      beginCapture: [outcome(begun)],
      capturePayment: [...times(20, paused()), outcome({ status: 'expired' }), captured],
      chargePayment: [paused(), paused(), renewed],
      awaitProvider: [...LONG, outcome({})],
    });
    assert.ok(result.outcome === 'booked' && result.status === 'succeeded');
    assert.ok(!calls.includes('parkStep'));
  });

  // The server does not skip time any more once an activity was cancelled: the tests that need it stand above.
  it('lets an order that was not charged be cancelled at once', async () => {
    const waiting = gate();
    const { status, calls } = await stage.runCheckout(
      { chargePayment: [paused()], awaitProvider: [waiting.before(outcome({}))] },
      async (handle) => {
        await waiting.reached;
        assert.deepEqual(await handle.executeUpdate(cancelUpdate, { args: [{}] }), {
          cancelled: true,
          status: 'cancelled',
        });
        waiting.open();
      },
    );
    assert.equal(status, 'cancelled');
    assert.deepEqual(calls.slice(-2), ['releaseStock', 'notify']);
  });

  it('has an order that may have been charged wait with its cancellation, and refunds it then', async () => {
    const waiting = gate();
    const { status, calls, requests } = await stage.runCheckout(
      { chargePayment: [fault, paused(true), succeeded], awaitProvider: [waiting.before(outcome({}))] },
      async (handle) => {
        await waiting.reached;
        const update = await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
        waiting.open();
        assert.deepEqual(await update.result(), { cancelled: true, status: 'cancelled' });
      },
    );
    assert.equal(status, 'cancelled');
    assert.equal(requests('chargePayment').at(-1)?.triedBefore, true);
    assert.ok(calls.includes('refundPayment'));
  });

  it('does not take a refusal of the provider after the release for a pause', async () => {
    const { status, calls } = await stage.runCheckout(
      { chargePayment: [paused(), paused(), refused('ChargeRefused'), succeeded] },
      (handle, seen) =>
        waitUntilPasses(() => {
          assert.ok(seen.calls.includes('parkStep'));
        }).then(() => handle.executeUpdate(cancelUpdate, { args: [{}] }).then(() => undefined)),
    );
    assert.equal(status, 'cancelled');
    assert.ok(calls.includes('parkStep'));
  });

  it('lets money go back: an authorised order that is cancelled is voided', async () => {
    const charged = gate();
    const { status, calls } = await stage.runCheckout(
      { chargePayment: [charged.before(authorized)] },
      async (handle) => {
        await charged.reached;
        const update = await handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
        charged.open();
        await update.result();
      },
      { policy: { capture: 'later' } },
    );
    assert.equal(status, 'cancelled');
    assert.ok(calls.includes('voidPayment') && !calls.includes('awaitProvider'));
  });
});
