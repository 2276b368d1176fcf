import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { chargeOf, failure, payment, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: disputes', () => {
  const sandbox = new TestSandbox();
  before(() => sandbox.start());
  after(() => sandbox.remove());

  const paid = (params: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
    sandbox.stripe.paymentIntents.create(payment(params));
  const opened = async (intent: Stripe.PaymentIntent, terms: object = {}): Promise<Stripe.Dispute> =>
    (await sandbox.control('POST', `/payment_intents/${intent.id}/dispute`, terms)) as Stripe.Dispute;
  const move = async ({ id }: Stripe.Dispute, name: string): Promise<Stripe.Dispute> =>
    (await sandbox.control('POST', `/disputes/${id}/${name}`)) as Stripe.Dispute;
  const balanceOf = ({ balance_transactions }: Stripe.Dispute): number[] =>
    balance_transactions.map(({ amount }) => amount);

  /** The events about the dispute, oldest first. */
  async function eventsOf({ id }: Stripe.Dispute): Promise<string[]> {
    const { data } = await sandbox.stripe.events.list({ types: ['charge.dispute.*'], limit: 100 });
    return data
      .filter((event) => (event.data.object as Stripe.Dispute).id === id)
      .map(({ type }) => type.replace('charge.dispute.', ''))
      .reverse();
  }

  it('a dispute withdraws the money, and its payment cannot be refunded', async () => {
    const { stripe } = sandbox;
    const intent = await paid();
    const dispute = await opened(intent, { reason: 'product_not_received', dueBy: '2030-01-01T00:00:00Z' });
    assert.deepEqual(
      [dispute.status, dispute.amount, dispute.reason],
      ['needs_response', 1_200, 'product_not_received'],
    );
    assert.deepEqual(balanceOf(dispute), [-1_200]);
    assert.equal(dispute.evidence_details.due_by, Date.UTC(2030, 0, 1) / 1_000);
    assert.equal(dispute.is_charge_refundable, false);
    assert.equal((await stripe.charges.retrieve(chargeOf(intent))).disputed, true);
    const refused = await failure(stripe.refunds.create({ payment_intent: intent.id }));
    assert.deepEqual([refused.statusCode, refused.code], [400, 'charge_disputed']);
    const { data } = await stripe.disputes.list({ payment_intent: intent.id });
    assert.deepEqual(
      data.map(({ id }) => id),
      [dispute.id],
    );
    assert.equal((await stripe.disputes.list({ charge: chargeOf(intent) })).data.length, 1);
    assert.equal((await stripe.disputes.retrieve(dispute.id)).payment_intent, intent.id);
    assert.deepEqual(await eventsOf(dispute), ['created', 'funds_withdrawn']);
  });

  it('a dispute that is won gives the money back, and its payment can be refunded', async () => {
    const intent = await paid();
    const dispute = await opened(intent);
    assert.equal((await move(dispute, 'submit')).status, 'under_review');
    const won = await move(dispute, 'win');
    assert.deepEqual([won.status, balanceOf(won)], ['won', [-1_200, 1_200]]);
    assert.equal((await sandbox.stripe.refunds.create({ payment_intent: intent.id })).amount, 1_200);
    assert.deepEqual(await eventsOf(dispute), [
      'created',
      'funds_withdrawn',
      'updated',
      'closed',
      'funds_reinstated',
    ]);
    await assert.rejects(move(dispute, 'win'), /409/);
  });

  it('a dispute that is lost keeps the money, and its payment cannot be refunded', async () => {
    const intent = await paid();
    const dispute = await opened(intent, { amount: 500 });
    const lost = await move(dispute, 'lose');
    assert.deepEqual([lost.status, balanceOf(lost)], ['lost', [-500]]);
    assert.equal(
      (await failure(sandbox.stripe.refunds.create({ payment_intent: intent.id }))).code,
      'charge_disputed',
    );
    assert.equal((await move(dispute, 'win')).status, 'won', 'the bank may still change its mind');
  });

  it('an inquiry withdraws nothing until it is escalated', async () => {
    const intent = await paid({ payment_method: 'pm_card_createDisputeInquiry' });
    const [inquiry] = (await sandbox.stripe.disputes.list({ payment_intent: intent.id })).data;
    assert.ok(inquiry);
    assert.deepEqual([inquiry.status, balanceOf(inquiry)], ['warning_needs_response', []]);
    await sandbox.stripe.refunds.create({ payment_intent: intent.id, amount: 100 });
    assert.equal((await move(inquiry, 'submit')).status, 'warning_under_review');
    const escalated = await move(inquiry, 'escalate');
    assert.deepEqual([escalated.status, balanceOf(escalated)], ['needs_response', [-1_200]]);
    const other = await opened(await paid(), { inquiry: true });
    assert.equal((await move(other, 'close')).status, 'warning_closed');
    assert.deepEqual(await eventsOf(other), ['created', 'closed']);
  });

  it("Stripe's test cards are disputed at once, or when they are captured", async () => {
    const { stripe } = sandbox;
    const at = async ({ id }: Stripe.PaymentIntent): Promise<string[]> =>
      (await stripe.disputes.list({ payment_intent: id })).data.map(
        ({ reason, status, amount }) => `${reason} ${status} ${amount}`,
      );
    assert.deepEqual(await at(await paid({ payment_method: 'pm_card_createDispute' })), [
      'fraudulent needs_response 1200',
    ]);
    const held = await paid({
      payment_method: 'pm_card_createDisputeProductNotReceived',
      capture_method: 'manual',
    });
    assert.deepEqual(await at(held), []);
    await stripe.paymentIntents.capture(held.id, { amount_to_capture: 700 });
    assert.deepEqual(await at(held), ['product_not_received needs_response 700']);
  });

  it('evidence by the API is submitted, and decides a test dispute', async () => {
    const { stripe } = sandbox;
    const draft = await opened(await paid());
    const kept = await stripe.disputes.update(draft.id, {
      evidence: { uncategorized_text: 'a draft' },
      submit: false,
    });
    assert.deepEqual([kept.status, kept.evidence_details.has_evidence], ['needs_response', true]);
    const submitted = await stripe.disputes.update(draft.id, { evidence: { product_description: 'A mug' } });
    assert.deepEqual([submitted.status, submitted.evidence_details.submission_count], ['under_review', 1]);
    for (const [text, status] of [
      ['winning_evidence', 'won'],
      ['losing_evidence', 'lost'],
    ] as const) {
      const { id } = await opened(await paid());
      const decided = await stripe.disputes.update(id, { evidence: { uncategorized_text: text } });
      assert.equal(decided.status, status);
    }
  });

  it('a dispute that is accepted is lost, once', async () => {
    const { id } = await opened(await paid());
    assert.equal((await sandbox.stripe.disputes.close(id)).status, 'lost');
    assert.equal((await failure(sandbox.stripe.disputes.close(id))).code, 'dispute_already_closed');
  });

  it('disputes outlive a restart of the sandbox', async () => {
    const dispute = await opened(await paid());
    await move(dispute, 'submit');
    await sandbox.restart();
    const { status } = await sandbox.stripe.disputes.retrieve(dispute.id);
    assert.equal(status, 'under_review');
  });
});
