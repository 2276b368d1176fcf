import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { failure, payment, stripeAt, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: payment methods', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  for (const method of ['pm_card_visa', 'pm_card_mastercard', 'pm_card_amex']) {
    it(`${method} succeeds`, async () => {
      const intent = await sandbox.stripe.paymentIntents.create(
        payment({ payment_method: method, expand: ['latest_charge'] }),
      );
      assert.equal(intent.status, 'succeeded');
      assert.equal(intent.amount_received, 1200);
      assert.equal(intent.amount_capturable, 0);
      assert(typeof intent.latest_charge === 'object' && intent.latest_charge !== null);
      assert.equal(intent.latest_charge.amount_captured, 1200);
      assert.equal(intent.latest_charge.paid, true);
    });
  }

  for (const [method, declineCode] of [
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
  ] as const) {
    it(`${method} is declined, and the payment succeeds with another card`, async () => {
      const error = await failure(sandbox.stripe.paymentIntents.create(payment({ payment_method: method })));
      assert.equal(error.type, 'StripeCardError');
      assert.equal(error.statusCode, 402);
      assert.equal(error.code, 'card_declined');
      assert.equal(error.decline_code, declineCode);
      const unpaid = error.payment_intent;
      assert.equal(unpaid?.status, 'requires_payment_method');
      assert.equal(unpaid.last_payment_error?.decline_code, declineCode);
      const charge = await sandbox.stripe.charges.retrieve(error.charge ?? '');
      assert.equal(charge.status, 'failed');
      assert.equal(charge.amount_captured, 0);
      const paid = await sandbox.stripe.paymentIntents.confirm(unpaid.id, { payment_method: 'pm_card_visa' });
      assert.equal(paid.status, 'succeeded');
    });
  }

  it('pm_card_authenticationRequired waits for the customer, and succeeds after the authentication', async () => {
    const waiting = await sandbox.stripe.paymentIntents.create(
      payment({ payment_method: 'pm_card_authenticationRequired', return_url: 'https://shop.example/back' }),
    );
    assert.equal(waiting.status, 'requires_action');
    assert.equal(waiting.next_action?.type, 'redirect_to_url');
    assert.equal(waiting.next_action.redirect_to_url?.return_url, 'https://shop.example/back');
    const page = await fetch(waiting.next_action.redirect_to_url.url ?? '');
    assert.match(await page.text(), /€12\.00/);

    const path = `/payment_intents/${waiting.id}/authenticate`;
    await sandbox.control('POST', path, { outcome: 'succeeded' });
    await sandbox.control('POST', path, { outcome: 'succeeded' });
    const paid = await sandbox.stripe.paymentIntents.retrieve(waiting.id);
    assert.equal(paid.status, 'succeeded');
    assert.equal(paid.next_action, null);
    assert.equal((await sandbox.stripe.charges.list({ payment_intent: waiting.id })).data.length, 1);
    await assert.rejects(sandbox.control('POST', path, { outcome: 'failed' }), /409/);
  });

  it('pm_card_authenticationRequired moves no money if the authentication fails', async () => {
    const waiting = await sandbox.stripe.paymentIntents.create(
      payment({ payment_method: 'pm_card_authenticationRequired' }),
    );
    await sandbox.control('POST', `/payment_intents/${waiting.id}/authenticate`, { outcome: 'failed' });
    const unpaid = await sandbox.stripe.paymentIntents.retrieve(waiting.id);
    assert.equal(unpaid.status, 'requires_payment_method');
    assert.equal(unpaid.last_payment_error?.code, 'payment_intent_authentication_failure');
    assert.equal(unpaid.amount_received, 0);
    await sandbox.control('POST', `/payment_intents/${waiting.id}/authenticate`, { outcome: 'failed' });
  });

  it('the page of the bank redirects the customer to the shop', async () => {
    const waiting = await sandbox.stripe.paymentIntents.create(
      payment({
        payment_method: 'pm_card_authenticationRequired',
        return_url: 'https://shop.example/back?order=7',
      }),
    );
    const answer = await fetch(waiting.next_action?.redirect_to_url?.url ?? '', {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'succeeded' }),
      redirect: 'manual',
    });
    assert.equal(answer.status, 303);
    const back = new URL(answer.headers.get('location') ?? '');
    assert.equal(back.searchParams.get('order'), '7');
    assert.equal(back.searchParams.get('payment_intent'), waiting.id);
    assert.equal(back.searchParams.get('redirect_status'), 'succeeded');
  });

  for (const params of [{ off_session: true }, { error_on_requires_action: true }]) {
    it(`a card that requires authentication is declined with ${Object.keys(params).join()}`, async () => {
      const error = await failure(
        sandbox.stripe.paymentIntents.create(
          payment({ payment_method: 'pm_card_authenticationRequired', ...params }),
        ),
      );
      assert.equal(error.statusCode, 402);
      assert.equal(error.code, 'authentication_required');
      assert.equal(error.payment_intent?.status, 'requires_payment_method');
    });
  }

  it('pm_sandbox_slow succeeds after its time, and its key is in use until then', async () => {
    const slow = new TestSandbox({ slowMs: 400 });
    await slow.start();
    try {
      const options = { idempotencyKey: randomUUID() };
      const params = payment({ payment_method: 'pm_sandbox_slow' });
      const started = Date.now();
      const first = slow.stripe.paymentIntents.create(params, options);
      await slow.stripe.paymentIntents.list();
      const second = await failure(slow.stripe.paymentIntents.create(params, options));
      assert.equal(second.statusCode, 409);
      assert.equal(second.code, 'idempotency_key_in_use');
      assert.equal((await first).status, 'succeeded');
      assert(Date.now() - started >= 395);
    } finally {
      await slow.remove();
    }
  });

  it('pm_sandbox_timeout_after_charge moves the money once, although the first response is lost', async () => {
    const params = payment({ payment_method: 'pm_sandbox_timeout_after_charge' });
    const key = randomUUID();
    await assert.rejects(
      sandbox.post(
        '/v1/payment_intents',
        {
          amount: '500',
          currency: 'eur',
          confirm: 'true',
          payment_method: 'pm_sandbox_timeout_after_charge',
          'metadata[order_id]': key,
        },
        key,
      ),
      TypeError,
    );
    const intent = await stripeAt(sandbox.running.url, 2).paymentIntents.create(params);
    assert.equal(intent.status, 'succeeded');
    for (const order of [key, intent.metadata['order_id'] ?? '']) {
      const found = await sandbox.stripe.paymentIntents.search({ query: `metadata['order_id']:'${order}'` });
      assert.deepEqual(
        found.data.map(({ status }) => status),
        ['succeeded'],
      );
    }
  });

  it('pm_sandbox_error_once answers 500 to every replay of its key, and succeeds with another key', async () => {
    const params = payment({ payment_method: 'pm_sandbox_error_once' });
    const options = { idempotencyKey: randomUUID() };
    for (let attempt = 0; attempt < 3; attempt++) {
      const error = await failure(sandbox.stripe.paymentIntents.create(params, options));
      assert.equal(error.statusCode, 500);
      assert.equal(error.rawType, 'api_error');
    }
    const query = `metadata['order_id']:'${String(params.metadata && params.metadata['order_id'])}'`;
    assert.deepEqual((await sandbox.stripe.paymentIntents.search({ query })).data, []);
    const intent = await sandbox.stripe.paymentIntents.create(params, { idempotencyKey: randomUUID() });
    assert.equal(intent.status, 'succeeded');
    assert.equal((await sandbox.stripe.paymentIntents.search({ query })).data.length, 1);
  });

  it('pm_sandbox_outage answers 503 until the end of the outage, and stores nothing', async () => {
    const params = payment({ payment_method: 'pm_sandbox_outage' });
    const options = { idempotencyKey: randomUUID() };
    const first = await failure(sandbox.stripe.paymentIntents.create(params, options));
    assert.equal(first.statusCode, 503);
    assert.equal(first.headers?.['stripe-should-retry'], undefined);
    await sandbox.control('POST', '/outage', { until: new Date(Date.now() + 60_000).toISOString() });
    assert.equal((await failure(sandbox.stripe.paymentIntents.create(params, options))).statusCode, 503);
    await sandbox.control('POST', '/outage', { until: new Date().toISOString() });
    assert.equal((await sandbox.stripe.paymentIntents.create(params, options)).status, 'succeeded');
  });

  it('a restart ends the outage for payments that it has affected', async () => {
    const outage = new TestSandbox();
    await outage.start();
    try {
      const params = payment({ payment_method: 'pm_sandbox_outage' });
      const options = { idempotencyKey: randomUUID() };
      assert.equal((await failure(outage.stripe.paymentIntents.create(params, options))).statusCode, 503);
      await outage.restart();
      assert.equal((await outage.stripe.paymentIntents.create(params, options)).status, 'succeeded');
    } finally {
      await outage.remove();
    }
  });

  it('pm_sandbox_refund_fails succeeds, and its refunds fail until the control request `heal`', async () => {
    const intent = await sandbox.stripe.paymentIntents.create(
      payment({ payment_method: 'pm_sandbox_refund_fails' }),
    );
    assert.equal(intent.status, 'succeeded');
    const options = { idempotencyKey: randomUUID() };
    const ask = (key = options) => sandbox.stripe.refunds.create({ payment_intent: intent.id }, key);
    for (let attempt = 0; attempt < 2; attempt++) assert.equal((await failure(ask())).statusCode, 500);
    assert.equal((await failure(ask({ idempotencyKey: randomUUID() }))).statusCode, 500);
    await sandbox.control('POST', '/refunds/heal');
    const replay = await failure(ask());
    assert.equal(replay.headers?.['idempotent-replayed'], 'true', 'the failure is stored under its key');
    const refund = await ask({ idempotencyKey: randomUUID() });
    assert.equal(refund.status, 'succeeded');
    assert.equal(refund.amount, 1200);
  });

  it('an unknown payment method is refused', async () => {
    const error = await failure(
      sandbox.stripe.paymentIntents.create(payment({ payment_method: 'pm_made_up' })),
    );
    assert.equal(error.statusCode, 400);
    assert.equal(error.code, 'resource_missing');
    assert.equal(error.param, 'payment_method');
  });
});
