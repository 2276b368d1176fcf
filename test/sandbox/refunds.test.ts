import assert from 'node:assert/strict';
import fc from 'fast-check';
import { chargeOf, failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

const refundedIn = (summary: unknown): number => (summary as { refunded: number }).refunded;

describe('sandbox: refunds', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  it('partial refunds end at the captured amount', async () => {
    const { stripe } = sandbox;
    const intent = await stripe.paymentIntents.create(payment());
    const first = await stripe.refunds.create({
      payment_intent: intent.id,
      amount: 200,
      reason: 'requested_by_customer',
      metadata: { n: '1' },
    });
    assert.equal(first.status, 'succeeded');
    assert.equal(first.reason, 'requested_by_customer');
    assert.deepEqual(first.metadata, { n: '1' });
    const tooMuch = await failure(stripe.refunds.create({ payment_intent: intent.id, amount: 1001 }));
    assert.equal(tooMuch.statusCode, 400);
    const rest = await stripe.refunds.create({ charge: chargeOf(intent) });
    assert.equal(rest.amount, 1000);
    const none = await failure(stripe.refunds.create({ payment_intent: intent.id }));
    assert.equal(none.code, 'charge_already_refunded');
    const charge = await stripe.charges.retrieve(chargeOf(intent), { expand: ['refunds'] });
    assert.equal(charge.refunded, true);
    assert.equal(charge.amount_refunded, 1200);
    assert.deepEqual(
      charge.refunds?.data.map(({ id }) => id),
      [rest.id, first.id],
    );
    assert.equal((await stripe.refunds.list({ payment_intent: intent.id })).data.length, 2);
    assert.equal((await stripe.refunds.retrieve(first.id)).amount, 200);
  });

  it('a payment that was not captured cannot be refunded', async () => {
    const held = await sandbox.stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
    const declined = await failure(
      sandbox.stripe.paymentIntents.create(payment({ payment_method: 'pm_card_chargeDeclined' })),
    );
    for (const id of [held.id, declined.payment_intent?.id ?? '']) {
      assert.equal((await failure(sandbox.stripe.refunds.create({ payment_intent: id }))).statusCode, 400);
    }
  });

  it('a refund that the bank returns is subtracted, and its amount can be refunded again', async () => {
    const { stripe } = sandbox;
    const { id } = await stripe.paymentIntents.create(payment());
    const refund = await stripe.refunds.create({ payment_intent: id });
    const path = `/refunds/${refund.id}/fail`;
    const before = refundedIn(await sandbox.control('GET', '/summary'));
    await sandbox.control('POST', path, { reason: 'lost_or_stolen_card' });
    const failed = await stripe.refunds.retrieve(refund.id);
    assert.deepEqual([failed.status, failed.failure_reason], ['failed', 'lost_or_stolen_card']);
    const [charge] = (await stripe.charges.list({ payment_intent: id })).data;
    assert.deepEqual([charge?.amount_refunded, charge?.refunded], [0, false]);
    assert.equal(refundedIn(await sandbox.control('GET', '/summary')), before - 1200);
    const { data } = await stripe.events.list({ types: ['refund.*'], limit: 2 });
    assert.deepEqual(
      data.map(({ type }) => type),
      ['refund.failed', 'refund.updated'],
    );
    await assert.rejects(sandbox.control('POST', path), /409/);
    assert.equal((await stripe.refunds.create({ payment_intent: id })).amount, 1200);
  });

  it('concurrent refunds never refund more than was captured', async () => {
    const { stripe } = sandbox;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1200 }),
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 2, maxLength: 8 }),
        async (captured, amounts) => {
          const held = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }));
          await stripe.paymentIntents.capture(held.id, { amount_to_capture: captured });
          const outcomes = await Promise.allSettled(
            amounts.map((amount) => stripe.refunds.create({ payment_intent: held.id, amount })),
          );
          const refunded = outcomes.reduce(
            (sum, outcome) => sum + (outcome.status === 'fulfilled' ? outcome.value.amount : 0),
            0,
          );
          assert(refunded <= captured, `${refunded} of ${captured} was refunded`);
          const [charge] = (await stripe.charges.list({ payment_intent: held.id })).data;
          assert.equal(charge?.amount_refunded, refunded);
        },
      ),
      { numRuns: 25 },
    );
  });
});
