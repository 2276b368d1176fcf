import assert from 'node:assert/strict';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { failure, payment, stripeAt, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: payment intents', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  it('a payment moves no money until it is confirmed', async () => {
    const { stripe } = sandbox;
    const intent = await stripe.paymentIntents.create({
      amount: 900,
      currency: 'EUR',
      metadata: { a: '1', b: '2' },
    });
    assert.match(intent.id, /^pi_/);
    assert(intent.client_secret?.startsWith(`${intent.id}_secret_`));
    assert.equal(intent.object, 'payment_intent');
    assert.equal(intent.currency, 'eur');
    assert.equal(intent.livemode, false);
    assert.equal(intent.status, 'requires_payment_method');
    assert(Math.abs(intent.created - Date.now() / 1000) < 5);
    const updated = await stripe.paymentIntents.update(intent.id, {
      amount: 950,
      payment_method: 'pm_card_visa',
      metadata: { a: '', c: '3' },
    });
    assert.equal(updated.status, 'requires_confirmation');
    assert.deepEqual(updated.metadata, { b: '2', c: '3' });
    const paid = await stripe.paymentIntents.confirm(intent.id);
    assert.equal(paid.amount_received, 950);
    assert.equal(paid.status, 'succeeded');
  });

  it('manual capture authorizes the amount, and a capture takes all of it', async () => {
    const { stripe } = sandbox;
    const authorized = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    assert.equal(authorized.status, 'requires_capture');
    assert.equal(authorized.amount_capturable, 1200);
    assert.equal(authorized.amount_received, 0);
    const captured = await stripe.paymentIntents.capture(authorized.id);
    assert.equal(captured.status, 'succeeded');
    assert.equal(captured.amount_received, 1200);
    assert.equal(captured.amount_capturable, 0);
  });

  it('a partial capture takes a part and releases the rest', async () => {
    const { stripe } = sandbox;
    const authorized = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    const tooMuch = await failure(stripe.paymentIntents.capture(authorized.id, { amount_to_capture: 1201 }));
    assert.equal(tooMuch.code, 'amount_too_large');
    const captured = await stripe.paymentIntents.capture(authorized.id, {
      amount_to_capture: 500,
      expand: ['latest_charge'],
    });
    assert.equal(captured.amount_received, 500);
    assert.equal(captured.amount_capturable, 0);
    assert(typeof captured.latest_charge === 'object');
    assert.equal(captured.latest_charge?.amount_captured, 500);
    const again = await failure(stripe.paymentIntents.capture(authorized.id));
    assert.equal(again.code, 'payment_intent_unexpected_state');
    assert.equal((await stripe.refunds.create({ payment_intent: authorized.id })).amount, 500);
  });

  it('an authorized payment can be cancelled, a captured one cannot', async () => {
    const { stripe } = sandbox;
    const authorized = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    const cancelled = await stripe.paymentIntents.cancel(authorized.id, { cancellation_reason: 'abandoned' });
    assert.equal(cancelled.status, 'canceled');
    assert.equal(cancelled.cancellation_reason, 'abandoned');
    assert.equal(cancelled.amount_capturable, 0);
    const captured = await stripe.paymentIntents.create(payment());
    for (const id of [authorized.id, captured.id]) {
      const error = await failure(stripe.paymentIntents.cancel(id));
      assert.equal(error.statusCode, 400);
      assert.equal(error.code, 'payment_intent_unexpected_state');
    }
    assert.equal(
      (await failure(stripe.paymentIntents.confirm(authorized.id))).code,
      'payment_intent_unexpected_state',
    );
    assert.equal(
      (await failure(stripe.paymentIntents.confirm(captured.id))).code,
      'payment_intent_unexpected_state',
    );
  });

  it('a payment that waits for the customer can be cancelled, and cannot be authenticated afterwards', async () => {
    const waiting = await sandbox.stripe.paymentIntents.create(
      payment({ payment_method: 'pm_card_authenticationRequired' }),
    );
    await sandbox.stripe.paymentIntents.cancel(waiting.id);
    await assert.rejects(
      sandbox.control('POST', `/payment_intents/${waiting.id}/authenticate`, { outcome: 'succeeded' }),
      /409/,
    );
  });

  it('a payment cannot be changed while it is being confirmed', async () => {
    const slow = new TestSandbox({ slowMs: 1000 });
    await slow.start();
    try {
      const { paymentIntents } = slow.stripe;
      const intent = await paymentIntents.create(
        payment({ confirm: false, payment_method: 'pm_sandbox_slow' }),
      );
      const confirming = paymentIntents.confirm(intent.id);
      const refused = await waitUntilPasses(() =>
        failure(paymentIntents.update(intent.id, { metadata: { n: '1' } })),
      );
      assert.equal(refused.statusCode, 429);
      assert.equal(refused.code, 'lock_timeout');
      assert.equal((await confirming).status, 'succeeded');
    } finally {
      await slow.remove();
    }
  });

  for (const [what, params, code, param] of [
    ['an amount of zero', { amount: '0', currency: 'eur' }, 'parameter_invalid_integer', 'amount'],
    ['a fraction', { amount: '1.5', currency: 'eur' }, 'parameter_invalid_integer', 'amount'],
    ['no amount', { currency: 'eur' }, 'parameter_missing', 'amount'],
    ['no currency', { amount: '1' }, 'parameter_missing', 'currency'],
    ['an unknown parameter', { amount: '1', currency: 'eur', price: '2' }, 'parameter_unknown', 'price'],
    ['an unknown currency', { amount: '1', currency: 'zzz' }, undefined, 'currency'],
    ['a currency of ISO 4217 that it lacks', { amount: '1000', currency: 'clf' }, undefined, 'currency'],
    ['less than the minimum', { amount: '49', currency: 'eur' }, 'amount_too_small', 'amount'],
    ['less than the minimum of HUF', { amount: '17499', currency: 'huf' }, 'amount_too_small', 'amount'],
    ['nine digits', { amount: '100000000', currency: 'usd' }, 'amount_too_large', 'amount'],
    ['a third decimal of KWD', { amount: '5124', currency: 'kwd' }, 'invalid_charge_amount', 'amount'],
    ['a fraction of ISK', { amount: '550', currency: 'isk' }, 'invalid_charge_amount', 'amount'],
    ['a fraction of UGX', { amount: '550', currency: 'ugx' }, 'invalid_charge_amount', 'amount'],
  ] as const) {
    it(`${what} is refused with Stripe's error`, async () => {
      const { status, body } = await sandbox.post('/v1/payment_intents', { ...params });
      assert.equal(status, 400);
      const { error } = body as { error: Record<string, unknown> };
      assert.equal(error['type'], 'invalid_request_error');
      assert.equal(error['code'], code);
      assert.equal(error['param'], param);
    });
  }

  it('an unknown payment intent is answered with 404', async () => {
    const error = await failure(sandbox.stripe.paymentIntents.retrieve('pi_missing'));
    assert.equal(error.statusCode, 404);
    assert.equal(error.code, 'resource_missing');
  });

  it('an API key that is not of test mode is refused', async () => {
    for (const headers of [{}, { authorization: 'Bearer sk_live_1' }, { authorization: 'Bearer nonsense' }]) {
      const response = await fetch(`${sandbox.running.url}/v1/payment_intents`, { headers });
      assert.equal(response.status, 401);
    }
    assert.equal((await stripeAt(sandbox.running.url).paymentIntents.list()).object, 'list');
  });

  it('a parameter named __proto__ is refused as unknown', async () => {
    const { status } = await sandbox.post('/v1/payment_intents', {
      amount: '1',
      currency: 'eur',
      '__proto__[admin]': '1',
    });
    assert.equal(status, 400);
    assert.equal(Reflect.get({}, 'admin'), undefined);
  });
});
