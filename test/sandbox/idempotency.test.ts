import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

const form = { amount: '700', currency: 'eur', confirm: 'true', payment_method: 'pm_card_visa' };

describe('sandbox: idempotency keys', () => {
  // Slow enough that all concurrent requests arrive before the first one ends, also on a busy machine.
  const sandbox = new TestSandbox({ slowMs: 500 });
  before(() => sandbox.start());
  after(() => sandbox.remove());

  it('the same key and body replays the stored response, which a header shows', async () => {
    const key = randomUUID();
    const first = await sandbox.post('/v1/payment_intents', form, key);
    const again = await sandbox.post('/v1/payment_intents', form, key);
    assert.equal(first.headers.get('idempotent-replayed'), null);
    assert.equal(again.headers.get('idempotent-replayed'), 'true');
    assert.equal(again.headers.get('original-request'), first.headers.get('request-id'));
    assert.deepEqual(again.body, first.body);
  });

  it('the order of the parameters does not matter', async () => {
    const key = randomUUID();
    const first = await sandbox.post('/v1/payment_intents', form, key);
    const reversed = Object.fromEntries(Object.entries(form).reverse());
    assert.deepEqual((await sandbox.post('/v1/payment_intents', reversed, key)).body, first.body);
  });

  it('a replay returns the object as it was at the first request', async () => {
    const options = { idempotencyKey: randomUUID() };
    const params = payment({ capture_method: 'manual' });
    const authorized = await sandbox.stripe.paymentIntents.create(params, options);
    await sandbox.stripe.paymentIntents.capture(authorized.id);
    assert.equal((await sandbox.stripe.paymentIntents.create(params, options)).status, 'requires_capture');
    assert.equal((await sandbox.stripe.paymentIntents.retrieve(authorized.id)).status, 'succeeded');
  });

  it('the same key with another body is refused', async () => {
    const options = { idempotencyKey: randomUUID() };
    await sandbox.stripe.paymentIntents.create(payment(), options);
    const error = await failure(sandbox.stripe.paymentIntents.create(payment({ amount: 1 }), options));
    assert.equal(error.type, 'StripeIdempotencyError');
    assert.equal(error.statusCode, 400);
  });

  it('the same key on another endpoint is refused', async () => {
    const options = { idempotencyKey: randomUUID() };
    const authorized = await sandbox.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    await sandbox.stripe.paymentIntents.capture(authorized.id, {}, options);
    const error = await failure(sandbox.stripe.paymentIntents.cancel(authorized.id, {}, options));
    assert.equal(error.type, 'StripeIdempotencyError');
  });

  it('a decline is replayed as a decline, with one failed charge', async () => {
    const options = { idempotencyKey: randomUUID() };
    const params = payment({ payment_method: 'pm_card_chargeDeclined' });
    const first = await failure(sandbox.stripe.paymentIntents.create(params, options));
    const again = await failure(sandbox.stripe.paymentIntents.create(params, options));
    assert.equal(again.statusCode, 402);
    assert.equal(again.charge, first.charge);
    assert.equal(again.payment_intent?.id, first.payment_intent?.id);
  });

  it('a failed validation is not stored', async () => {
    const key = randomUUID();
    const bad = await sandbox.post('/v1/payment_intents', { ...form, amount: '0' }, key);
    assert.equal(bad.status, 400);
    assert.equal((await sandbox.post('/v1/payment_intents', form, key)).status, 200);
  });

  it('a configured failure has no effect and is not stored', async () => {
    await sandbox.control('POST', '/faults', { failNext: 1 });
    const key = randomUUID();
    assert.equal((await sandbox.post('/v1/payment_intents', form, key)).status, 500);
    assert.equal((await sandbox.post('/v1/payment_intents', form, key)).status, 200);
  });

  it('of concurrent requests with one key only one is executed', async () => {
    const key = randomUUID();
    const params = { ...form, payment_method: 'pm_sandbox_slow', 'metadata[order_id]': key };
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => sandbox.post('/v1/payment_intents', params, key)),
    );
    assert.equal(responses.filter(({ status }) => status === 200).length, 1);
    assert.equal(responses.filter(({ status }) => status === 409).length, 9);
    const { data } = await sandbox.stripe.paymentIntents.search({ query: `metadata["order_id"]:"${key}"` });
    assert.equal(data.length, 1);
  });

  it('keys expire', async () => {
    const shortLived = new TestSandbox({ idempotencyTtlMs: 0 });
    await shortLived.start();
    try {
      const options = { idempotencyKey: randomUUID() };
      const params = payment();
      const first = await shortLived.stripe.paymentIntents.create(params, options);
      const second = await shortLived.stripe.paymentIntents.create(params, options);
      assert.notEqual(second.id, first.id);
    } finally {
      await shortLived.remove();
    }
  });
});
