import assert from 'node:assert/strict';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import type { PaymentActivities } from '../../src/contracts/temporal/activities.ts';
import { failureOf, retriedActivity, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, paymentIntentIdOf, noPayments } from '../support/charges.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openProvider, type Provider } from '../support/provider.ts';

describe('chargePayment', function () {
  this.timeout(60_000);
  let provider: Provider;
  let activities: PaymentActivities;

  before(async () => {
    provider = await openProvider();
    activities = createPaymentActivities(provider.payments, noPayments);
  });
  after(() => provider.close());

  const once = (paymentMethod: string, changes: Parameters<typeof chargeRequest>[0] = {}) => {
    const request = chargeRequest({ paymentMethod, ...changes });
    return { request, run: (attempt = 1) => runActivity(activities, 'chargePayment', [[request]], attempt) };
  };

  for (const method of ['pm_card_visa', 'pm_sandbox_slow', 'pm_sandbox_refund_fails']) {
    it(`charges once by ${method}`, async () => {
      const { request, run } = once(method);
      const [outcome] = await run();
      const paymentIntentId = paymentIntentIdOf(outcome);
      assert.deepEqual(outcome, {
        orderId: request.orderId,
        status: 'succeeded',
        paymentIntentId,
        captured: 1_200,
      });
      const [charge, ...others] = await provider.chargesOf(request.orderId);
      assert.equal(charge?.id, paymentIntentId);
      assert.deepEqual([charge.amount_received, charge.currency], [1_200, 'eur']);
      assert.deepEqual(others, []);
    });
  }

  for (const [method, declineCode] of [
    ['pm_card_chargeDeclined', 'card_declined'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
  ] as const) {
    it(`returns that ${method} was declined with ${declineCode}, and charges nothing`, async () => {
      const { request, run } = once(method);
      const [outcome] = await run();
      assert.deepEqual(outcome, {
        orderId: request.orderId,
        status: 'declined',
        paymentIntentId: paymentIntentIdOf(outcome),
        declineCode,
      });
      assert.deepEqual(await run(2), [outcome], 'a retry returns the same');
      assert.deepEqual(await provider.chargesOf(request.orderId), []);
    });
  }

  it('treats an unknown payment method as a decline, not as a fault that is retried for ever', async () => {
    const [outcome] = await once('pm_nobody_knows').run();
    assert.equal(outcome?.status, 'declined');
  });

  it('returns where the customer authenticates, and afterwards that they have', async () => {
    const { request, run } = once('pm_card_authenticationRequired');
    const [outcome] = await run();
    assert(outcome?.status === 'requires_action');
    assert.match(outcome.nextActionUrl ?? '', /\/authenticate$/);
    assert.ok(outcome.clientSecret);
    assert.deepEqual(await provider.chargesOf(request.orderId), []);

    await provider.post(`/payment_intents/${outcome.paymentIntentId}/authenticate`, { outcome: 'succeeded' });
    const reference = { orderId: request.orderId, paymentIntentId: outcome.paymentIntentId };
    const [now] = await runActivity(activities, 'retrievePayment', [[reference]]);
    assert.deepEqual(now, { ...reference, status: 'succeeded', captured: 1_200 });
  });

  it('returns declined when the customer fails to authenticate', async () => {
    const { request, run } = once('pm_card_authenticationRequired');
    const paymentIntentId = paymentIntentIdOf((await run())[0]);
    await provider.post(`/payment_intents/${paymentIntentId}/authenticate`, { outcome: 'failed' });
    const [now] = await runActivity(activities, 'retrievePayment', [
      [{ orderId: request.orderId, paymentIntentId }],
    ]);
    assert(now?.status === 'declined');
    assert.equal(now.declineCode, 'payment_intent_authentication_failure');
  });

  it('charges once when the response to the charge is lost', async () => {
    const { request, run } = once('pm_sandbox_timeout_after_charge');
    const [outcome] = await run();
    assert.equal(outcome?.status, 'succeeded', "Stripe's client repeats a broken request with the same key");
    const charges = await provider.chargesOf(request.orderId);
    assert.deepEqual(
      charges.map(({ id }) => id),
      [paymentIntentIdOf(outcome)],
    );
    assert.deepEqual(await run(2), [outcome]);
    assert.equal((await provider.intentsOf(request.orderId)).length, 1);
  });

  it('does not treat a timeout as a decline: the retry finds the charge, even if its idempotency key is deleted', async () => {
    const forgetful = await openProvider({ idempotencyTtlMs: 0, slowMs: 400, requestTimeoutMs: 100 });
    try {
      const own = createPaymentActivities(forgetful.payments, noPayments);
      const request = chargeRequest({ paymentMethod: 'pm_sandbox_slow' });
      const failure = await failureOf(runActivity(own, 'chargePayment', [[request]], 1));
      assert.equal(failure.type, 'PaymentUnknown');
      assert.notEqual(failure.nonRetryable, true);
      await waitUntilPasses(async () => {
        assert.equal((await forgetful.chargesOf(request.orderId)).length, 1);
      });
      const [outcome] = await runActivity(own, 'chargePayment', [[request]], 2);
      assert.equal(outcome?.status, 'succeeded');
      assert.equal((await forgetful.intentsOf(request.orderId)).length, 1);
    } finally {
      await forgetful.close();
    }
  });

  it('finds a charge that timed out while the provider was still processing it, and charges once', async () => {
    const slow = await openProvider({ slowMs: 300, requestTimeoutMs: 100 });
    try {
      const own = createPaymentActivities(slow.payments, noPayments);
      const request = chargeRequest({ paymentMethod: 'pm_sandbox_slow' });
      const [outcome] = await retriedActivity(own, 'chargePayment', [[request]], 30);
      assert.equal(outcome?.status, 'succeeded');
      assert.equal((await slow.intentsOf(request.orderId)).length, 1);
    } finally {
      await slow.close();
    }
  });

  it('returns none when an error is stored under the key, and the next attempt charges once', async () => {
    const first = once('pm_sandbox_error_once');
    assert.equal((await failureOf(first.run(1))).type, 'PaymentUnknown');
    const { orderId } = first.request;
    assert.deepEqual(await first.run(2), [{ orderId, status: 'none' }]);
    assert.deepEqual(await first.run(3), [{ orderId, status: 'none' }], 'for ever');

    const [paid] = await once('pm_sandbox_error_once', { orderId, attempt: 2 }).run();
    assert.equal(paid?.status, 'succeeded');
    assert.equal((await provider.chargesOf(orderId)).length, 1);
  });

  it('fails with an unknown outcome during an outage, and charges once when it is over', async () => {
    const { request, run } = once('pm_sandbox_outage');
    for (const attempt of [1, 2, 3]) {
      const failure = await failureOf(run(attempt));
      assert.equal(failure.type, 'PaymentUnknown');
      assert.notEqual(failure.nonRetryable, true);
    }
    assert.deepEqual(await provider.intentsOf(request.orderId), []);
    await provider.restart(); // ends the outage for requests that have failed by it
    assert.equal((await run(4))[0]?.status, 'succeeded');
    assert.equal((await provider.chargesOf(request.orderId)).length, 1);
  });

  it('charges once when the same charge is requested ten times concurrently', async () => {
    const request = chargeRequest({ paymentMethod: 'pm_sandbox_slow' });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => retriedActivity(activities, 'chargePayment', [[request]], 50)),
    );
    const intents = new Set(answers.map(([outcome]) => paymentIntentIdOf(outcome)));
    assert.equal(intents.size, 1);
    assert.equal((await provider.intentsOf(request.orderId)).length, 1);
  });

  it('returns the outcomes of many orders in the order of the requests', async () => {
    const methods = ['pm_card_visa', 'pm_card_chargeDeclined', 'pm_card_authenticationRequired'];
    const requests = methods.map((paymentMethod) => chargeRequest({ paymentMethod }));
    const outcomes = await runActivity(activities, 'chargePayment', [requests]);
    assert.deepEqual(
      outcomes.map(({ orderId, status }) => [orderId, status]),
      requests.map(({ orderId }, n) => [orderId, ['succeeded', 'declined', 'requires_action'][n]]),
    );
  });

  it('does not reveal the customer, the card or the API key in its failure', async () => {
    const { request, run } = once('pm_sandbox_outage');
    const failure = await failureOf(run());
    const said = JSON.stringify([failure.message, failure.details, failure.cause, failure.stack]);
    for (const secret of [request.orderId, 'pm_sandbox_outage', 'sk_test'])
      assert.ok(!said.includes(secret), `${secret} in ${said}`);
  });
});
