import assert from 'node:assert/strict';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { chargeOf, failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';
import { WebhookListener } from '../support/sandbox/webhook-listener.ts';

describe('sandbox: webhooks', () => {
  const sandbox = new TestSandbox();
  const shop = new WebhookListener();
  before(async () => {
    await shop.listen();
    await sandbox.start({ webhookUrl: shop.url });
  });
  after(async () => {
    shop.close();
    await sandbox.remove();
  });

  it('every outcome of a payment is sent as a signed event', async () => {
    const { stripe } = sandbox;
    const paid = await stripe.paymentIntents.create(payment());
    const declined = await failure(
      stripe.paymentIntents.create(payment({ payment_method: 'pm_card_chargeDeclined' })),
    );
    const authorized = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    await stripe.paymentIntents.cancel(authorized.id);
    const unauthenticated = await stripe.paymentIntents.create(
      payment({ payment_method: 'pm_card_authenticationRequired' }),
    );
    await sandbox.control('POST', `/payment_intents/${unauthenticated.id}/authenticate`, {
      outcome: 'succeeded',
    });
    const refund = await stripe.refunds.create({ payment_intent: paid.id });
    await waitUntilPasses(() => {
      assert.deepEqual(shop.typesOf(paid.id), ['payment_intent.succeeded']);
      assert.deepEqual(shop.typesOf(declined.payment_intent?.id ?? ''), ['payment_intent.payment_failed']);
      assert.deepEqual(shop.typesOf(authorized.id).sort(), [
        'payment_intent.amount_capturable_updated',
        'payment_intent.canceled',
      ]);
      assert.deepEqual(shop.typesOf(unauthenticated.id).sort(), [
        'payment_intent.requires_action',
        'payment_intent.succeeded',
      ]);
      assert.deepEqual(shop.typesOf(refund.id), ['refund.created']);
      assert.deepEqual(shop.typesOf(chargeOf(paid)), ['charge.refunded']);
    });
    assert.deepEqual(shop.invalid, []);
  });

  it('an event contains its object as it was at that time', async () => {
    const authorized = await sandbox.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    await sandbox.stripe.paymentIntents.capture(authorized.id);
    const { data } = await sandbox.stripe.events.list({
      type: 'payment_intent.amount_capturable_updated',
      limit: 1,
    });
    const [event] = data;
    assert(event?.type === 'payment_intent.amount_capturable_updated');
    assert.equal(event.data.object.status, 'requires_capture');
    assert.equal((await sandbox.stripe.events.retrieve(event.id)).id, event.id);
  });

  it('an event is sent again until it is answered 2xx', async () => {
    shop.failNext = 2;
    const attempts = shop.attempts;
    const paid = await sandbox.stripe.paymentIntents.create(payment());
    await waitUntilPasses(() => {
      assert.deepEqual(shop.typesOf(paid.id), ['payment_intent.succeeded']);
    });
    assert.equal(shop.attempts - attempts, 3);
    await waitUntilPasses(async () => {
      const [event] = (await sandbox.stripe.events.list({ limit: 1 })).data;
      assert.equal(event?.pending_webhooks, 0);
    });
  });

  it('an event that could not be delivered is delivered after a restart', async () => {
    shop.failNext = Number.POSITIVE_INFINITY;
    const paid = await sandbox.stripe.paymentIntents.create(payment());
    await sandbox.running.close();
    shop.failNext = 0;
    assert.deepEqual(shop.typesOf(paid.id), []);
    await sandbox.start({ webhookUrl: shop.url });
    await waitUntilPasses(() => {
      assert.deepEqual(shop.typesOf(paid.id), ['payment_intent.succeeded']);
    });
  });

  it('past events of a payment are sent again, as often and in the order that is requested', async () => {
    const authorized = await sandbox.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    await sandbox.stripe.paymentIntents.capture(authorized.id);
    const refund = await sandbox.stripe.refunds.create({ payment_intent: authorized.id });
    const types = ['payment_intent.amount_capturable_updated', 'payment_intent.succeeded'];
    await waitUntilPasses(() => {
      assert.deepEqual(shop.typesOf(authorized.id).sort(), types);
      assert.deepEqual(shop.typesOf(refund.id), ['refund.created']);
    });
    const from = shop.received.length;
    const again = { paymentIntentId: authorized.id, times: 2, reverse: true };
    assert.deepEqual(await sandbox.control('POST', '/webhooks/resend', again), { sent: 8, accepted: 8 });
    const order = ['refund.created', 'charge.refunded', ...types.toReversed()];
    assert.deepEqual(
      shop.received.slice(from).map(({ type }) => type),
      [...order, ...order],
    );
    shop.failNext = 1;
    const refused = await sandbox.control('POST', '/webhooks/resend', { paymentIntentId: authorized.id });
    assert.deepEqual(refused, { sent: 4, accepted: 3 });
    assert.deepEqual(shop.invalid, []);
  });

  it('a payment succeeds late, after it was canceled or declined', async () => {
    const { paymentIntents } = sandbox.stripe;
    const createUnauthenticated = (): Promise<{ id: string }> =>
      paymentIntents.create(payment({ payment_method: 'pm_card_authenticationRequired' }));
    const canceled = await paymentIntents.cancel((await createUnauthenticated()).id);
    const declined = await failure(
      paymentIntents.create(payment({ payment_method: 'pm_card_chargeDeclined' })),
    );
    for (const id of [canceled.id, (await createUnauthenticated()).id, declined.payment_intent?.id ?? '']) {
      const path = `/payment_intents/${id}/succeed_late`;
      await sandbox.control('POST', path);
      const paid = await paymentIntents.retrieve(id);
      assert.deepEqual([paid.status, paid.amount_received, paid.canceled_at], ['succeeded', 1200, null]);
      assert.equal((await sandbox.stripe.charges.retrieve(chargeOf(paid))).amount_captured, 1200);
      await waitUntilPasses(() => {
        assert(shop.typesOf(id).includes('payment_intent.succeeded'));
      });
      await assert.rejects(sandbox.control('POST', path), /409/);
    }
  });

  it('a shop that does not answer does not delay the API', async () => {
    const silent = new TestSandbox();
    await silent.start({ webhookUrl: 'http://127.0.0.1:9/' });
    try {
      const started = Date.now();
      for (let n = 0; n < 20; n++) await silent.stripe.paymentIntents.create(payment());
      assert(Date.now() - started < 5000);
    } finally {
      await silent.remove();
    }
  });
});
