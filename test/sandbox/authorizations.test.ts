import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { chargeOf, failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: authorisations', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  const authorised = (at = sandbox, params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
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

  it('the charge says until when it holds, and whether it can be captured in parts', async () => {
    const card = await cardOf(await authorised());
    const days = ((card.capture_before ?? 0) - Date.now() / 1000) / 86_400;
    assert(days > 6.9 && days < 7.1);
    assert.equal(card.multicapture?.status, 'available');
    const unasked = await cardOf(await authorised(sandbox, { payment_method_options: {} }));
    assert.equal(unasked.multicapture?.status, 'unavailable');
  });

  it('a payment that was taken at once says neither', async () => {
    const paid = await sandbox.stripe.paymentIntents.create(payment());
    const { payment_method_details } = await sandbox.stripe.charges.retrieve(chargeOf(paid));
    assert.deepEqual(payment_method_details, { type: 'card' });
  });

  it('several captures take what is held, and it stays open until the last', async () => {
    const { paymentIntents, charges } = sandbox.stripe;
    const held = await authorised();
    const first = await paymentIntents.capture(held.id, { amount_to_capture: 500, final_capture: false });
    assert.deepEqual([first.status, first.amount_capturable], ['requires_capture', 700]);
    const second = await paymentIntents.capture(held.id, { amount_to_capture: 700, final_capture: false });
    assert.deepEqual([second.status, second.amount_capturable], ['requires_capture', 0]);
    assert.equal((await charges.retrieve(chargeOf(held))).captured, false);
    const last = await paymentIntents.capture(held.id, { amount_to_capture: 0, final_capture: true });
    assert.deepEqual([last.status, last.amount_received], ['succeeded', 1_200]);
    assert.equal((await charges.retrieve(chargeOf(held))).captured, true);
    assert.deepEqual(await eventsOf(held.id), [
      ...Array<string>(4).fill('amount_capturable_updated'),
      'succeeded',
    ]);
  });

  it('the metadata of one capture leaves that of another', async () => {
    const { paymentIntents } = sandbox.stripe;
    const held = await authorised(sandbox, { metadata: { order_id: 'ord_1' } });
    const part = { amount_to_capture: 100, final_capture: false };
    await paymentIntents.capture(held.id, { ...part, metadata: { capture_1: '100' } });
    const { metadata } = await paymentIntents.capture(held.id, { ...part, metadata: { capture_2: '100' } });
    assert.deepEqual(metadata, { order_id: 'ord_1', capture_1: '100', capture_2: '100' });
  });

  it('a capture that is not the last needs multicapture', async () => {
    for (const params of [
      { payment_method_options: {} },
      { payment_method: 'pm_card_credit_disableEnterpriseCardFeatures' },
    ]) {
      const held = await authorised(sandbox, params);
      const part = { amount_to_capture: 500, final_capture: false };
      const error = await failure(sandbox.stripe.paymentIntents.capture(held.id, part));
      assert.deepEqual([error.statusCode, error.param], [400, 'final_capture']);
    }
  });

  it('an account without multicapture is refused for asking', async () => {
    const plain = new TestSandbox({ multicapture: false });
    await plain.start();
    try {
      const error = await failure(authorised(plain));
      assert.deepEqual([error.statusCode, error.code], [400, 'payment_intent_invalid_parameter']);
      assert.equal((await authorised(plain, { payment_method_options: {} })).status, 'requires_capture');
    } finally {
      await plain.remove();
    }
  });

  it('nothing can be captured of what was not begun, or cancelled of what was', async () => {
    const { paymentIntents } = sandbox.stripe;
    const held = await authorised();
    const nothing = { amount_to_capture: 0 };
    assert.equal((await failure(paymentIntents.capture(held.id, nothing))).param, 'amount_to_capture');
    await paymentIntents.capture(held.id, { amount_to_capture: 500, final_capture: false });
    const refused = await failure(paymentIntents.cancel(held.id));
    assert.equal(refused.code, 'payment_intent_unexpected_state');
  });

  it('what was captured can be refunded before the last capture', async () => {
    const held = await authorised();
    await sandbox.stripe.paymentIntents.capture(held.id, { amount_to_capture: 500, final_capture: false });
    await sandbox.stripe.refunds.create({ payment_intent: held.id, amount: 500 });
    const charge = await sandbox.stripe.charges.retrieve(chargeOf(held));
    assert.deepEqual([charge.amount_refunded, charge.refunded], [500, false]);
  });

  it('ends by itself when its time is up, whole or in part', async () => {
    const brief = new TestSandbox({ authorizationMs: 300 });
    await brief.start();
    try {
      const { paymentIntents } = brief.stripe;
      const [whole, part] = [await authorised(brief), await authorised(brief)];
      await paymentIntents.capture(part.id, { amount_to_capture: 500, final_capture: false });
      await waitUntilPasses(async () => {
        const ended = await paymentIntents.retrieve(whole.id);
        assert.deepEqual([ended.status, ended.cancellation_reason], ['canceled', 'automatic']);
        const succeeded = await paymentIntents.retrieve(part.id);
        assert.deepEqual([succeeded.status, succeeded.amount_received], ['succeeded', 500]);
      });
      assert.deepEqual(await eventsOf(whole.id, brief), ['amount_capturable_updated', 'canceled']);
      const late = await failure(paymentIntents.capture(whole.id));
      assert.equal(late.code, 'payment_intent_unexpected_state');
    } finally {
      await brief.remove();
    }
  });

  it('ends while the sandbox is down, or soon after', async () => {
    const brief = new TestSandbox({ authorizationMs: 400 });
    await brief.start();
    try {
      const held = await authorised(brief);
      await brief.restart();
      await waitUntilPasses(async () => {
        assert.equal((await brief.stripe.paymentIntents.retrieve(held.id)).status, 'canceled');
      });
    } finally {
      await brief.remove();
    }
  });

  it('ends at once on demand, and only where money is held', async () => {
    const held = await authorised();
    const path = `/payment_intents/${held.id}/expire`;
    await sandbox.control('POST', path);
    assert.equal((await sandbox.stripe.paymentIntents.retrieve(held.id)).cancellation_reason, 'automatic');
    await assert.rejects(sandbox.control('POST', path), /409/);
    await assert.rejects(sandbox.control('POST', '/payment_intents/pi_nobody/expire'), /404/);
  });
});
