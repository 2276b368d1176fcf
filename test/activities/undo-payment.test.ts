import assert from 'node:assert/strict';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import type { PaymentActivities } from '../../src/contracts/temporal/activities.ts';
import type { PaymentReference, RefundRequest } from '../../src/contracts/temporal/checkout.ts';
import { failureOf, retriedActivity, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, paymentIntentIdOf, noPayments } from '../support/charges.ts';
import { openProvider, type Provider } from '../support/provider.ts';

describe('the undos of a payment', function () {
  this.timeout(60_000);
  let provider: Provider;
  let activities: PaymentActivities;

  before(async () => {
    provider = await openProvider();
    activities = createPaymentActivities(provider.payments, noPayments);
  });
  after(() => provider.close());

  async function payment(paymentMethod: string): Promise<PaymentReference> {
    const request = chargeRequest({ paymentMethod });
    const [outcome] = await runActivity(activities, 'chargePayment', [[request]]);
    return { orderId: request.orderId, paymentIntentId: paymentIntentIdOf(outcome) };
  }

  const refundOf = async (paymentMethod = 'pm_card_visa'): Promise<RefundRequest> => ({
    ...(await payment(paymentMethod)),
    amount: 1_200,
  });

  const refundsOf = async ({ paymentIntentId }: PaymentReference): Promise<number[]> =>
    (await provider.stripe.refunds.list({ payment_intent: paymentIntentId })).data.map(
      ({ amount }) => amount,
    );

  it('of a payment that the provider does not know is not retried, and says why', async () => {
    const reference = { orderId: 'ord_1', paymentIntentId: 'pi_missing' };
    const capture = { ...reference, captureId: 'ord_1/capture/1', amount: 1, final: true };
    const calls = [
      () => runActivity(activities, 'voidPayment', [[reference]]),
      () => runActivity(activities, 'retrievePayment', [[reference]]),
      () => runActivity(activities, 'capturePayment', [[capture]]),
    ];
    for (const call of calls) {
      const failure = await failureOf(call());
      assert.deepEqual([failure.type, failure.nonRetryable], ['PaymentMissing', true]);
      assert.ok(!JSON.stringify(failure).includes('pi_missing'));
    }
  });

  describe('voidPayment', () => {
    it('voids a payment that waits for its customer, who can no longer pay it', async () => {
      const reference = await payment('pm_card_authenticationRequired');
      assert.deepEqual(await runActivity(activities, 'voidPayment', [[reference]]), [
        { ...reference, status: 'cancelled' },
      ]);
      await assert.rejects(
        provider.post(`/payment_intents/${reference.paymentIntentId}/authenticate`, { outcome: 'succeeded' }),
        /409/,
      );
      assert.deepEqual(await provider.chargesOf(reference.orderId), []);
    });

    it('voids a declined payment, so that it cannot be confirmed later', async () => {
      const reference = await payment('pm_card_chargeDeclined');
      const [outcome] = await runActivity(activities, 'voidPayment', [[reference]]);
      assert.equal(outcome?.status, 'cancelled');
    });

    it('returns succeeded for a payment that has succeeded, and leaves it unchanged', async () => {
      const reference = await payment('pm_card_visa');
      assert.deepEqual(await runActivity(activities, 'voidPayment', [[reference]]), [
        { ...reference, status: 'succeeded', captured: 1_200 },
      ]);
      assert.deepEqual(await refundsOf(reference), []);
    });

    it('returns the same when it runs again', async () => {
      const reference = await payment('pm_card_authenticationRequired');
      const answers = [];
      for (const attempt of [1, 2, 3])
        answers.push(await runActivity(activities, 'voidPayment', [[reference]], attempt));
      assert.deepEqual(answers, Array(3).fill([{ ...reference, status: 'cancelled' }]));
    });

    it('returns cancelled for a payment that was cancelled at the provider', async () => {
      const reference = await payment('pm_card_authenticationRequired');
      await provider.stripe.paymentIntents.cancel(reference.paymentIntentId);
      const [outcome] = await runActivity(activities, 'voidPayment', [[reference]]);
      assert.equal(outcome?.status, 'cancelled');
    });

    for (const [ending, reason] of [
      ['cancelled', 'requested_by_customer'],
      ['expired', 'abandoned'],
    ] as const)
      it(`keeps at the provider that it was for an order that is ${ending}; a later charge returns that`, async () => {
        const request = chargeRequest({ paymentMethod: 'pm_card_authenticationRequired' });
        const { orderId } = request;
        const [charged] = await runActivity(activities, 'chargePayment', [[request]]);
        const voided = { orderId, paymentIntentId: paymentIntentIdOf(charged), status: 'cancelled', ending };
        const { status, ...voiding } = voided;
        assert.deepEqual(await runActivity(activities, 'voidPayment', [[voiding]]), [voided]);
        const intent = await provider.stripe.paymentIntents.retrieve(voided.paymentIntentId);
        assert.equal(intent.cancellation_reason, reason);
        const again = { ...request, triedBefore: true };
        assert.deepEqual(await runActivity(activities, 'chargePayment', [[again]]), [voided], status);
      });

    it('leaves the reason of a decline to a later charge', async () => {
      const request = chargeRequest({ paymentMethod: 'pm_card_chargeDeclinedInsufficientFunds' });
      const { orderId } = request;
      const [charged] = await runActivity(activities, 'chargePayment', [[request]]);
      const paymentIntentId = paymentIntentIdOf(charged);
      await runActivity(activities, 'voidPayment', [[{ orderId, paymentIntentId }]]);
      const again = { ...request, triedBefore: true };
      assert.deepEqual(await runActivity(activities, 'chargePayment', [[again]]), [charged]);
      const [voided] = await runActivity(activities, 'voidPayment', [[{ orderId, paymentIntentId }]]);
      assert.equal(voided?.status, 'cancelled');
    });

    it("returns the provider's state when the customer authenticates concurrently", async () => {
      for (let round = 0; round < 10; round += 1) {
        const reference = await payment('pm_card_authenticationRequired');
        const path = `/payment_intents/${reference.paymentIntentId}/authenticate`;
        const [voided] = await Promise.all([
          retriedActivity(activities, 'voidPayment', [[reference]]),
          provider.post(path, { outcome: 'succeeded' }).catch(() => undefined),
        ]);
        const charges = await provider.chargesOf(reference.orderId);
        assert.equal(voided[0]?.status, charges.length === 1 ? 'succeeded' : 'cancelled');
      }
    });
  });

  describe('refundPayment', () => {
    it('refunds once, however often it runs', async () => {
      const refund = await refundOf();
      for (const attempt of [1, 2, 3])
        assert.deepEqual(await runActivity(activities, 'refundPayment', [[refund]], attempt), [
          { orderId: refund.orderId, refunded: 1_200 },
        ]);
      assert.deepEqual(await refundsOf(refund), [1_200]);
    });

    it('refunds once when it runs ten times concurrently', async () => {
      const refund = await refundOf();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => retriedActivity(activities, 'refundPayment', [[refund]], 50)),
      );
      for (const [answer] of answers) assert.equal(answer?.refunded, 1_200);
      assert.deepEqual(await refundsOf(refund), [1_200]);
    });

    it('refunds the rest of a payment that was refunded in part', async () => {
      const refund = await refundOf();
      await provider.stripe.refunds.create({ payment_intent: refund.paymentIntentId, amount: 500 });
      const [outcome] = await runActivity(activities, 'refundPayment', [[refund]]);
      assert.equal(outcome?.refunded, 1_200);
      assert.deepEqual((await refundsOf(refund)).sort(), [500, 700]);
    });

    it('fails retryably while refunds fail, and refunds once when they work again', async () => {
      const refund = await refundOf('pm_sandbox_refund_fails');
      for (const attempt of [1, 2]) {
        const failure = await failureOf(runActivity(activities, 'refundPayment', [[refund]], attempt));
        assert.equal(failure.type, 'PaymentUnknown');
        assert.notEqual(failure.nonRetryable, true);
      }
      assert.deepEqual(await refundsOf(refund), []);
      await provider.post('/refunds/heal');
      const [outcome] = await runActivity(activities, 'refundPayment', [[refund]], 3);
      assert.equal(outcome?.refunded, 1_200);
      assert.deepEqual(await refundsOf(refund), [1_200]);
    });
  });
});
