import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';

describe('the audit of disputes', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;

  beforeEach(async () => {
    scenario = await openAuditScenario();
  });
  afterEach(() => scenario.close());

  const opened = async ({ paymentIntentId }: PaidOrder, terms: object = {}): Promise<Stripe.Dispute> =>
    (await scenario.provider.post(`/payment_intents/${paymentIntentId}/dispute`, terms)) as Stripe.Dispute;
  const move = ({ id }: Stripe.Dispute, name: string) => scenario.provider.post(`/disputes/${id}/${name}`);

  /** Records what the provider says, as the workflow does. */
  async function recorded({ orderId, paymentIntentId }: PaidOrder): Promise<void> {
    const asOf = new Date().toISOString();
    const disputes = await scenario.provider.payments.disputes(paymentIntentId);
    await scenario.shop.ledger.recordDisputes([{ orderId, paymentIntentId, asOf, disputes }]);
  }

  async function cancelled({ orderId }: PaidOrder): Promise<void> {
    const cancellation = { orderId, reason: 'fraud' };
    await scenario.shop.ledger.beginCancellation([cancellation]);
    await scenario.shop.ledger.finishCancellation([cancellation]);
    await scenario.mailed(orderId, ['cancelled']);
  }

  it('finds no difference while they are open, won or lost, and when an order is cancelled whose money they have taken', async () => {
    const [open, won, lost, gone] = [
      await scenario.paid(),
      await scenario.paid(),
      await scenario.paid(),
      await scenario.paid(),
    ];
    await opened(open);
    await move(await opened(won), 'win');
    await move(await opened(lost, { amount: 400 }), 'lose');
    await move(await opened(gone), 'lose');
    for (const order of [open, won, lost, gone]) await recorded(order);
    await cancelled(gone);
    await scenario.finds();
  });

  it('finds no difference in a late payment whose money a dispute has taken: it is not refunded once more', async () => {
    const { orderId } = await scenario.failed();
    const { id: paymentIntentId } = await scenario.provider.stripe.paymentIntents.create({
      ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
      metadata: { order_id: orderId },
    });
    const taken = async () => {
      const ids = { orderId, paymentIntentIds: [paymentIntentId] };
      const payments = await scenario.provider.payments.readPayments(ids);
      const [result] = await scenario.shop.ledger.reconcilePayment(payments);
      return result?.refundTotal;
    };
    assert.equal(await taken(), 1_000);
    const dispute = (await scenario.provider.post(
      `/payment_intents/${paymentIntentId}/dispute`,
    )) as Stripe.Dispute;
    await move(dispute, 'lose');
    const asOf = new Date().toISOString();
    const disputes = await scenario.provider.payments.disputes(paymentIntentId);
    await scenario.shop.ledger.recordDisputes([{ orderId, paymentIntentId, asOf, disputes }]);
    assert.equal(await taken(), undefined);
    await scenario.finds();
  });

  it('finds disputes whose events were lost, and that the provider does not have', async () => {
    const [unknown, changed, ours] = [await scenario.paid(), await scenario.paid(), await scenario.paid()];
    const { id } = await opened(unknown, { inquiry: true });
    const dispute = await opened(changed);
    await recorded(changed);
    await move(dispute, 'win');
    await opened(ours, { inquiry: true });
    await recorded(ours);
    const theirs = `du_${ours.orderId}`;
    await scenario.sql(
      `insert into disputes select $2, order_id, payment_intent_id, amount, currency, reason, 'under_review', null, false, opened_at,
                                   null, as_of from disputes where order_id = $1`,
      [ours.orderId, theirs],
    );
    const found = await scenario.finds('dispute_unknown_here', 'dispute_differs', 'dispute_not_at_provider');
    assert.deepEqual(
      found.map(({ ids }) => ids['disputeId']),
      [id, dispute.id, theirs],
    );
  });

  it("leaves others' disputes alone", async () => {
    const { stripe } = scenario.provider;
    const payment = { amount: 700, currency: 'eur', payment_method: 'pm_card_createDispute', confirm: true };
    await stripe.paymentIntents.create({ ...payment, metadata: { order_id: '4711' } });
    await scenario.finds();
  });

  it('finds money that came back to the shop after the order was cancelled', async () => {
    const order = await scenario.paid();
    const dispute = await opened(order);
    await move(dispute, 'lose');
    await recorded(order);
    await cancelled(order);
    await move(dispute, 'win');
    await recorded(order);
    const [found] = await scenario.finds('ended_with_money');
    assert.equal(found?.orderId, order.orderId);
  });

  it('finds a customer who got the money twice', async () => {
    const order = await scenario.paid();
    await scenario.refunded(order, 700);
    await opened(order, { amount: 1_000 });
    await recorded(order);
    const [found] = await scenario.finds('paid_back_twice');
    assert.match(found?.detail ?? '', /^1000 are captured, 700 refunded, and 1000 taken back by disputes$/);
  });

  it('finds a deadline that nobody is told of, and attention for a dispute that needs none', async () => {
    const [unseen, answered] = [await scenario.paid(), await scenario.paid()];
    await opened(unseen);
    await recorded(unseen);
    await opened(answered);
    await recorded(answered);
    await scenario.sql(`delete from parked_steps where order_id = $1`, [unseen.orderId]);
    await scenario.sql(`update disputes set status = 'under_review' where order_id = $1`, [answered.orderId]);
    const found = await scenario.audit();
    assert.deepEqual(
      found.differences
        .filter(({ rule }) => rule === 'dispute_attention')
        .map(({ orderId }) => orderId)
        .sort(),
      [unseen.orderId, answered.orderId].sort(),
    );
  });
});
