import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import { createStripeClient } from '../../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../../src/adapters/stripe/payment-provider.ts';
import type { ChargeOutcome, ChargeRequest } from '../../src/contracts/temporal/checkout.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, noPayments, paymentIntentIdOf } from '../support/charges.ts';
import { openProvider, type Provider } from '../support/provider.ts';

const HOUR_MS = 3_600_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** The payments of an account in a year, which end an hour ago. */
const BUSY_ACCOUNT = {
  payments: 20_000,
  others: 0,
  from: Math.floor((Date.now() - 365 * 24 * HOUR_MS) / 1_000),
  to: Math.floor((Date.now() - HOUR_MS) / 1_000),
};

/** What Stripe's client does not declare of its events. */
interface RequestEmitter {
  on(event: 'request', listener: (request: Stripe.RequestEvent) => void): unknown;
}

describe('Stripe: the payment of an earlier attempt', function () {
  this.timeout(60_000);
  let provider: Provider;
  /** Its search is a day behind, as during an outage. */
  let behind: Provider;
  /** It deletes idempotency keys at once, so that only the lookup prevents duplicates. */
  let forgetful: Provider;

  before(async () => {
    provider = await openProvider();
    behind = await openProvider({ searchLagMs: 24 * HOUR_MS });
    forgetful = await openProvider({ idempotencyTtlMs: 0 });
    for (const each of [provider, behind, forgetful]) await each.post('/account', BUSY_ACCOUNT);
  });
  after(async () => {
    for (const each of [provider, behind, forgetful]) await each.close();
  });

  /** Runs `chargePayment`; returns also the requests that it has sent. */
  async function charged(
    at: Provider,
    request: ChargeRequest,
    { known = noPayments, attempt = 1 } = {},
  ): Promise<{ outcome: ChargeOutcome | undefined; requests: string[] }> {
    const client = createStripeClient({ apiKey: 'sk_test_shop', apiBase: at.url, timeoutMs: 5_000 });
    const requests: string[] = [];
    const emitter: RequestEmitter = client;
    emitter.on('request', ({ method, path }) => requests.push(`${method} ${path.split('?')[0] ?? ''}`));
    const activities = createPaymentActivities(createPaymentProvider(client), known);
    const [outcome] = await runActivity(activities, 'chargePayment', [[request]], attempt);
    return { outcome, requests };
  }

  const CREATE = 'POST /v1/payment_intents';
  const LIST = 'GET /v1/payment_intents';
  const SEARCH = 'GET /v1/payment_intents/search';

  it('is not looked up for a first attempt', async () => {
    const { outcome, requests } = await charged(provider, chargeRequest());
    assert.equal(outcome?.status, 'succeeded');
    assert.deepEqual(requests, [CREATE]);
  });

  it('is one search for an order that was placed a year ago, however many payments the account has', async () => {
    const request = chargeRequest({ placedAt: ago(365 * 24 * HOUR_MS) });
    const { outcome, requests } = await charged(provider, request);
    assert.equal(outcome?.status, 'succeeded');
    assert.deepEqual(requests, [SEARCH, CREATE]);
  });

  it('is found by the search when its key is deleted and 100 others are newer', async () => {
    const request = chargeRequest({ placedAt: ago(25 * HOUR_MS) });
    const first = await forgetful.payments.charge(request);
    await Promise.all(Array.from({ length: 101 }, () => forgetful.payments.charge(chargeRequest())));
    const { outcome, requests } = await charged(forgetful, request, { attempt: 2 });
    assert.deepEqual(outcome, first);
    assert.deepEqual(requests, [LIST, SEARCH, `GET /v1/payment_intents/${paymentIntentIdOf(first)}`]);
  });

  it('is read as it is now, if PostgreSQL knows it', async () => {
    const request = chargeRequest({ paymentMethod: 'pm_card_authenticationRequired', triedBefore: true });
    const first = await provider.payments.charge(request);
    const paymentIntentId = paymentIntentIdOf(first);
    assert.equal(first.status, 'requires_action');
    await provider.post(`/payment_intents/${paymentIntentId}/authenticate`, { outcome: 'succeeded' });
    const known = {
      findPayments: () =>
        Promise.resolve([{ orderId: request.orderId, paymentIntentIds: [paymentIntentId] }]),
    };
    const { outcome, requests } = await charged(provider, request, { known });
    assert.equal(outcome?.status, 'succeeded');
    assert.deepEqual(requests, [`GET /v1/payment_intents/${paymentIntentId}`]);
  });

  describe('after an error of the server that is stored under its key', () => {
    /** Stripe has charged the attempt, and has an error under its key. */
    async function chargedWithStoredError(at: Provider, request: ChargeRequest): Promise<string> {
      const { orderId, attempt, amount } = request;
      const { id } = await at.stripe.paymentIntents.create({
        ...{ amount, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { order_id: orderId, attempt: String(attempt) },
      });
      return id;
    }
    const failing = (changes: Partial<ChargeRequest> = {}): ChargeRequest =>
      chargeRequest({ paymentMethod: 'pm_sandbox_error_once', ...changes });

    /** The first request gets the error, the second the stored one. */
    async function chargedAgain(at: Provider, request: ChargeRequest) {
      assert.equal((await failureOf(charged(at, request))).type, 'PaymentUnknown');
      return charged(at, request);
    }

    it('is found in the list of the last minutes, which the search does not have yet', async () => {
      const request = failing();
      await failureOf(charged(behind, request));
      const paymentIntentId = await chargedWithStoredError(behind, request);
      const { outcome, requests } = await charged(behind, request);
      assert.deepEqual(outcome, {
        ...{ orderId: request.orderId, status: 'succeeded', paymentIntentId, captured: 1_200 },
      });
      assert.deepEqual(requests, [CREATE, LIST]);
    });

    it('is found if our clock is an hour ahead of the provider’s', async () => {
      const request = failing({ placedAt: ago(-HOUR_MS) });
      await failureOf(charged(provider, request));
      const paymentIntentId = await chargedWithStoredError(provider, request);
      const { outcome } = await charged(provider, request);
      assert.equal(paymentIntentIdOf(outcome), paymentIntentId);
    });

    it('does not exist if neither the last minutes nor the search have it', async () => {
      const request = failing({ placedAt: ago(365 * 24 * HOUR_MS) });
      const { outcome, requests } = await chargedAgain(provider, request);
      assert.equal(outcome?.status, 'none');
      assert.deepEqual(requests, [SEARCH, CREATE, LIST, SEARCH, SEARCH]);
    });

    it('may exist if the search is behind: the outcome stays unknown', async () => {
      const request = failing();
      const failure = await failureOf(chargedAgain(behind, request));
      assert.equal(failure.type, 'PaymentUnknown');
    });
  });
});
