import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import { toDispute } from '../../src/adapters/stripe/disputes.ts';
import type { PaymentReference } from '../../src/contracts/temporal/checkout.ts';
import { disputeOf } from '../../src/orders/stripe-event.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, paymentIntentIdOf, noPayments } from '../support/charges.ts';
import { openProvider, type Provider } from '../support/provider.ts';

describe('Stripe: disputes', function () {
  this.timeout(60_000);
  let provider: Provider;

  before(async () => {
    provider = await openProvider();
  });
  after(() => provider.close());

  async function paid(changes: Parameters<typeof chargeRequest>[0] = {}): Promise<PaymentReference> {
    const request = chargeRequest(changes);
    return {
      orderId: request.orderId,
      paymentIntentId: paymentIntentIdOf(await provider.payments.charge(request)),
    };
  }
  const opened = async ({ paymentIntentId }: PaymentReference, terms: object = {}): Promise<Stripe.Dispute> =>
    (await provider.post(`/payment_intents/${paymentIntentId}/dispute`, terms)) as Stripe.Dispute;
  const readOf = async ({ paymentIntentId }: PaymentReference) =>
    (await provider.payments.disputes(paymentIntentId)).map(({ amount, status, fundsWithdrawn }) => ({
      amount,
      status,
      fundsWithdrawn,
    }));

  it('are read with their amount, deadline and what they have withdrawn', async () => {
    const reference = await paid();
    assert.deepEqual(await provider.payments.disputes(reference.paymentIntentId), []);
    const { id, created } = await opened(reference, {
      amount: 500,
      reason: 'duplicate',
      dueBy: '2030-01-01T00:00:00Z',
    });
    assert.deepEqual(await provider.payments.disputes(reference.paymentIntentId), [
      {
        disputeId: id,
        amount: 500,
        currency: 'EUR',
        reason: 'duplicate',
        status: 'needs_response',
        evidenceDueAt: '2030-01-01T00:00:00.000Z',
        fundsWithdrawn: true,
        openedAt: new Date(created * 1_000).toISOString(),
      },
    ]);
    await provider.post(`/disputes/${id}/lose`);
    assert.deepEqual(await readOf(reference), [{ amount: 500, status: 'lost', fundsWithdrawn: true }]);
    await provider.post(`/disputes/${id}/win`);
    assert.deepEqual(await readOf(reference), [{ amount: 500, status: 'won', fundsWithdrawn: false }]);
  });

  it('that are inquiries withdraw nothing', async () => {
    const reference = await paid({ paymentMethod: 'pm_card_createDisputeInquiry' });
    const [inquiry] = await provider.payments.disputes(reference.paymentIntentId);
    assert.deepEqual([inquiry?.status, inquiry?.fundsWithdrawn], ['warning_needs_response', false]);
  });

  it('have an amount in our minor units', async () => {
    const reference = await paid({ currency: 'ISK', amount: 1_200 });
    await opened(reference);
    assert.equal((await readOf(reference))[0]?.amount, 1_200);
  });

  it('that are reinstated at another exchange rate are not withdrawn any more', async () => {
    const dispute = await opened(await paid());
    const [withdrawn] = dispute.balance_transactions;
    assert.ok(withdrawn);
    const reinstated = { ...withdrawn, amount: -withdrawn.amount - 7, currency: 'usd' };
    const { fundsWithdrawn } = toDispute({ ...dispute, balance_transactions: [withdrawn, reinstated] });
    assert.equal(fundsWithdrawn, false);
  });

  it('are read page by page', async () => {
    const reference = await paid();
    for (let number = 1; number <= 101; number += 1) await opened(reference, { amount: number });
    assert.equal((await provider.payments.disputes(reference.paymentIntentId)).length, 101);
  });

  it('make a refund impossible', async () => {
    const reference = await paid({ paymentMethod: 'pm_card_createDispute' });
    const failure = await failureOf(
      runActivity(createPaymentActivities(provider.payments, noPayments), 'refundPayment', [
        [{ ...reference, amount: 1_000, refundId: 'a' }],
      ]),
    );
    assert.deepEqual(
      [failure.type, failure.nonRetryable, failure.details],
      ['RefundRefused', true, ['charge_disputed']],
    );
  });

  it('lead to the order of the payment, if it has one', async () => {
    const { orderId, paymentIntentId } = await paid();
    const theirs = await provider.stripe.paymentIntents.create({ amount: 100, currency: 'eur' });
    const activities = createPaymentActivities(provider.payments, noPayments);
    const found = await runActivity(activities, 'readDisputes', [
      [{ paymentIntentId }, { paymentIntentId: theirs.id }],
    ]);
    assert.deepEqual(
      found.map((each) => [each.paymentIntentId, each.orderId]),
      [
        [paymentIntentId, orderId],
        [theirs.id, undefined],
      ],
    );
    const unknown = await failureOf(
      runActivity(activities, 'readDisputes', [[{ paymentIntentId: 'pi_unknown' }]]),
    );
    assert.equal(unknown.type, 'PaymentMissing');
  });

  it('are recognised in the events that the sandbox sends', async () => {
    const reference = await paid();
    const { id } = await opened(reference);
    await provider.post(`/disputes/${id}/submit`);
    await provider.post(`/disputes/${id}/win`);
    const { data } = await provider.stripe.events.list({ types: ['charge.dispute.*'], limit: 5 });
    assert.deepEqual(
      data.map((event) => [event.type.replace('charge.dispute.', ''), disputeOf(event)]),
      ['funds_reinstated', 'closed', 'updated', 'funds_withdrawn', 'created'].map((name) => [
        name,
        { paymentIntentId: reference.paymentIntentId },
      ]),
    );
  });

  it('of a charge without a payment of ours, and other events, are ignored', () => {
    const event = (type: string, object: unknown) => disputeOf({ type, data: { object } });
    assert.equal(event('charge.dispute.created', { payment_intent: null }), undefined);
    assert.equal(event('charge.dispute.created', { payment_intent: 'pi_1/../x' }), undefined);
    assert.equal(event('charge.refunded', { payment_intent: 'pi_1' }), undefined);
    assert.deepEqual(event('charge.dispute.closed', { payment_intent: { id: 'pi_1' } }), {
      paymentIntentId: 'pi_1',
    });
  });
});
