import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { chargeOf, failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: authorizations', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  const authorize = (at = sandbox, params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    at.stripe.paymentIntents.create(
      payment({
        capture_method: 'manual',
        payment_method_options: { card: { request_multicapture: 'if_available' } },
        ...params,
      }),
    );

  const cardOf = async (intent: Stripe.PaymentIntent): Promise<Stripe.Charge.PaymentMethodDetails.Card> => {
    const { payment_method_details } = await sandbox.stripe.charges.retrieve(chargeOf(intent));
    assert(payment_method_details?.card);
    return payment_method_details.card;
  };

  const eventsOf = async (id: string, at = sandbox): Promise<string[]> => {
    const { data } = await at.stripe.events.list({ types: ['payment_intent.*'], limit: 100 });
    return data
      .filter(({ data: { object } }) => 'id' in object && object.id === id)
      .map(({ type }) => type.slice('payment_intent.'.length))
      .reverse();
  };

  it('a charge shows when its authorization expires, and whether multicapture is available', async () => {
    const card = await cardOf(await authorize());
    const days = ((card.capture_before ?? 0) - Date.now() / 1000) / 86_400;
    assert(days > 6.9 && days < 7.1);
    assert.equal(card.multicapture?.status, 'available');
    const withoutRequest = await cardOf(await authorize(sandbox, { payment_method_options: {} }));
    assert.equal(withoutRequest.multicapture?.status, 'unavailable');
  });

  it('a payment that was captured at once shows neither', async () => {
    const paid = await sandbox.stripe.paymentIntents.create(payment());
    const { payment_method_details } = await sandbox.stripe.charges.retrieve(chargeOf(paid));
    assert.deepEqual(payment_method_details, { type: 'card' });
  });

  it('several captures take the authorized amount, and the payment succeeds at the last one', async () => {
    const { paymentIntents, charges } = sandbox.stripe;
    const authorized = await authorize();
    const first = await paymentIntents.capture(authorized.id, {
      amount_to_capture: 500,
      final_capture: false,
    });
    assert.deepEqual([first.status, first.amount_capturable], ['requires_capture', 700]);
    const second = await paymentIntents.capture(authorized.id, {
      amount_to_capture: 700,
      final_capture: false,
    });
    assert.deepEqual([second.status, second.amount_capturable], ['requires_capture', 0]);
    assert.equal((await charges.retrieve(chargeOf(authorized))).captured, false);
    const last = await paymentIntents.capture(authorized.id, { amount_to_capture: 0, final_capture: true });
    assert.deepEqual([last.status, last.amount_received], ['succeeded', 1_200]);
    assert.equal((await charges.retrieve(chargeOf(authorized))).captured, true);
    assert.deepEqual(await eventsOf(authorized.id), [
      ...Array<string>(4).fill('amount_capturable_updated'),
      'succeeded',
    ]);
  });

  it('the metadata of one capture does not replace that of another', async () => {
    const { paymentIntents } = sandbox.stripe;
    const authorized = await authorize(sandbox, { metadata: { order_id: 'ord_1' } });
    const part = { amount_to_capture: 100, final_capture: false };
    await paymentIntents.capture(authorized.id, { ...part, metadata: { capture_1: '100' } });
    const { metadata } = await paymentIntents.capture(authorized.id, {
      ...part,
      metadata: { capture_2: '100' },
    });
    assert.deepEqual(metadata, { order_id: 'ord_1', capture_1: '100', capture_2: '100' });
  });

  it('a capture that is not final needs multicapture', async () => {
    for (const params of [
      { payment_method_options: {} },
      { payment_method: 'pm_card_credit_disableEnterpriseCardFeatures' },
    ]) {
      const authorized = await authorize(sandbox, params);
      const part = { amount_to_capture: 500, final_capture: false };
      const error = await failure(sandbox.stripe.paymentIntents.capture(authorized.id, part));
      assert.deepEqual([error.statusCode, error.param], [400, 'final_capture']);
    }
  });

  it('an account without multicapture cannot request it', async () => {
    const plain = new TestSandbox({ multicapture: false });
    await plain.start();
    try {
      const error = await failure(authorize(plain));
      assert.deepEqual([error.statusCode, error.code], [400, 'payment_intent_invalid_parameter']);
      assert.equal((await authorize(plain, { payment_method_options: {} })).status, 'requires_capture');
    } finally {
      await plain.remove();
    }
  });

  it('a capture of 0 needs an earlier capture, and a partly captured payment cannot be cancelled', async () => {
    const { paymentIntents } = sandbox.stripe;
    const authorized = await authorize();
    const zero = { amount_to_capture: 0 };
    assert.equal((await failure(paymentIntents.capture(authorized.id, zero))).param, 'amount_to_capture');
    await paymentIntents.capture(authorized.id, { amount_to_capture: 500, final_capture: false });
    const refused = await failure(paymentIntents.cancel(authorized.id));
    assert.equal(refused.code, 'payment_intent_unexpected_state');
  });

  it('a captured amount can be refunded before the final capture', async () => {
    const authorized = await authorize();
    await sandbox.stripe.paymentIntents.capture(authorized.id, {
      amount_to_capture: 500,
      final_capture: false,
    });
    await sandbox.stripe.refunds.create({ payment_intent: authorized.id, amount: 500 });
    const charge = await sandbox.stripe.charges.retrieve(chargeOf(authorized));
    assert.deepEqual([charge.amount_refunded, charge.refunded], [500, false]);
  });

  it('an authorization expires at its time, with or without an earlier capture', async () => {
    const shortLived = new TestSandbox({ authorizationMs: 300 });
    await shortLived.start();
    try {
      const { paymentIntents } = shortLived.stripe;
      const [whole, part] = [await authorize(shortLived), await authorize(shortLived)];
      await paymentIntents.capture(part.id, { amount_to_capture: 500, final_capture: false });
      await waitUntilPasses(async () => {
        const ended = await paymentIntents.retrieve(whole.id);
        assert.deepEqual([ended.status, ended.cancellation_reason], ['canceled', 'automatic']);
        const succeeded = await paymentIntents.retrieve(part.id);
        assert.deepEqual([succeeded.status, succeeded.amount_received], ['succeeded', 500]);
      });
      assert.deepEqual(await eventsOf(whole.id, shortLived), ['amount_capturable_updated', 'canceled']);
      const late = await failure(paymentIntents.capture(whole.id));
      assert.equal(late.code, 'payment_intent_unexpected_state');
    } finally {
      await shortLived.remove();
    }
  });

  it('an authorization expires although the sandbox was restarted', async () => {
    const shortLived = new TestSandbox({ authorizationMs: 400 });
    await shortLived.start();
    try {
      const authorized = await authorize(shortLived);
      await shortLived.restart();
      await waitUntilPasses(async () => {
        assert.equal((await shortLived.stripe.paymentIntents.retrieve(authorized.id)).status, 'canceled');
      });
    } finally {
      await shortLived.remove();
    }
  });

  it('an authorization expires at a control request, and a payment without one is refused', async () => {
    const authorized = await authorize();
    const path = `/payment_intents/${authorized.id}/expire`;
    await sandbox.control('POST', path);
    assert.equal(
      (await sandbox.stripe.paymentIntents.retrieve(authorized.id)).cancellation_reason,
      'automatic',
    );
    await assert.rejects(sandbox.control('POST', path), /409/);
    await assert.rejects(sandbox.control('POST', '/payment_intents/pi_nobody/expire'), /404/);
  });
});
