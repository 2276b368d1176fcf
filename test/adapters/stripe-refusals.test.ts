import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import { createStripeClient } from '../../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../../src/adapters/stripe/payment-provider.ts';
import type { ChargeOutcome } from '../../src/contracts/temporal/checkout.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, noPayments } from '../support/charges.ts';

/** An error of Stripe's API. */
interface Refusal {
  code?: string;
  param?: string;
  type?: string;
}

describe('Stripe: a charge that is refused', () => {
  let server: Server;
  let url: string;
  /** What each new idempotency key is answered with. Undefined: it is charged. */
  let refusal: Refusal | undefined;
  /** Whether Stripe stores its refusals under their keys. */
  let isStored: boolean;
  let keys: string[];
  let stored: Map<string, { status: number; body: string }>;

  before(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () => {
        const key = String(request.headers['idempotency-key']);
        keys.push(key);
        const known = stored.get(key);
        const answer = known ?? { status: refusal ? 400 : 200, body: JSON.stringify(bodyOf(refusal)) };
        if (!refusal || isStored) stored.set(key, answer);
        if (known) response.setHeader('Idempotent-Replayed', 'true');
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    url = `http://127.0.0.1:${address.port}`;
  });
  beforeEach(() => {
    refusal = undefined;
    isStored = true;
    keys = [];
    stored = new Map();
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  const bodyOf = (error: Refusal | undefined): object =>
    error
      ? { error: { type: 'invalid_request_error', message: 'pm_secret of ord_1', ...error } }
      : {
          id: 'pi_1',
          object: 'payment_intent',
          status: 'succeeded',
          amount_received: 1_200,
          currency: 'eur',
        };

  async function charge(): Promise<ChargeOutcome | undefined> {
    const client = createStripeClient({ apiKey: 'sk_test_shop', apiBase: url, timeoutMs: 5_000 });
    const activities = createPaymentActivities(createPaymentProvider(client), noPayments);
    return (await runActivity(activities, 'chargePayment', [[chargeRequest({ orderId: 'ord_1' })]]))[0];
  }

  for (const [code, param, declineCode] of [
    ['resource_missing', 'payment_method', 'resource_missing'],
    [undefined, 'payment_method', 'invalid_request'],
    ['payment_method_unexpected_state', undefined, 'payment_method_unexpected_state'],
    [
      'payment_intent_incompatible_payment_method',
      'payment_method',
      'payment_intent_incompatible_payment_method',
    ],
    ['payment_method_currency_mismatch', undefined, 'payment_method_currency_mismatch'],
    ['amount_too_small', 'amount', 'amount_too_small'],
  ] as const) {
    it(`is declined for ${code ?? 'a refusal without a code'} of ${param ?? 'no parameter'}`, async () => {
      refusal = { ...(code && { code }), ...(param && { param }) };
      assert.deepEqual(await charge(), { orderId: 'ord_1', status: 'declined', declineCode });
    });
  }

  for (const [code, param] of [
    ['payment_method_unactivated', 'payment_method'],
    ['testmode_charges_only', undefined],
    ['parameter_unknown', 'payment_methods'],
    ['resource_missing', 'on_behalf_of'],
    [undefined, undefined],
  ] as const) {
    it(`is not declined for ${code ?? 'a refusal without a code'} of ${param ?? 'no parameter'}`, async () => {
      refusal = { ...(code && { code }), ...(param && { param }) };
      const failure = await failureOf(charge());
      assert.deepEqual([failure.type, failure.nonRetryable], ['ChargeRefused', true]);
      assert.equal(
        failure.message,
        `The payment provider refuses to charge, for a reason that the customer cannot change (${code ?? 'invalid_request'})`,
      );
    });
  }

  it('is charged once when the account is corrected, whose refusals Stripe has stored', async () => {
    refusal = { code: 'testmode_charges_only' };
    for (let time = 1; time <= 3; time += 1) await failureOf(charge());
    refusal = undefined;
    for (let time = 1; time <= 2; time += 1) assert.equal((await charge())?.status, 'succeeded');
    const first = 'order/ord_1/charge/1';
    assert.deepEqual(
      [...stored].filter(([, { status }]) => status === 200).map(([key]) => key),
      [`${first}/4`],
    );
  });

  it('is charged with its first key when Stripe has not stored the refusal', async () => {
    isStored = false;
    refusal = { code: 'parameter_unknown' };
    await failureOf(charge());
    refusal = undefined;
    await charge();
    assert.deepEqual(new Set(keys), new Set(['order/ord_1/charge/1']));
  });
});
