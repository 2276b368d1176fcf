import assert from 'node:assert/strict';
import type { ReconciledPayment } from '../../src/contracts/temporal/reconciliation.ts';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';

/** An operator vouches for an amount: it is accepted, and everything else is compared as always. */
describe('the audit of what operators have settled by hand', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;

  beforeEach(async () => {
    scenario = await openAuditScenario();
  });
  afterEach(() => scenario.close());

  const requestHash = 'x';
  const intents = () => scenario.provider.stripe.paymentIntents;
  /** A refund that somebody makes at the provider's dashboard, or that was made although its answer was lost. */
  const refundThere = (order: PaidOrder, amount: number, metadata: Record<string, string> = {}) =>
    scenario.provider.stripe.refunds.create({ payment_intent: order.paymentIntentId, amount, metadata });

  async function refund(
    { orderId }: PaidOrder,
    amount: number,
    status: 'skipped' | 'resolved',
    n = 1,
  ): Promise<string> {
    const refundId = `${orderId}/refund/${n}`;
    await scenario.shop.ledger.beginRefund([{ refundId, orderId, amount, requestHash }]);
    await scenario.shop.ledger.finishRefund([{ refundId, orderId, status }]);
    if (status === 'resolved') await scenario.mailed(orderId, ['refunded'], n);
    return refundId;
  }

  /** Takes in what the provider says. */
  async function reconciled(
    orderId: string,
    paymentIntentId: string,
    settledByHand?: 'skip' | 'resolve',
  ): Promise<ReconciledPayment | undefined> {
    const payments = await scenario.provider.payments.readPayments({
      orderId,
      paymentIntentIds: [paymentIntentId],
    });
    const [result] = await scenario.shop.ledger.reconcilePayment(
      payments.map((payment) => ({ ...payment, ...(settledByHand !== undefined && { settledByHand }) })),
    );
    return result;
  }

  async function capture(
    { orderId }: PaidOrder,
    amount: number,
    status: 'skipped' | 'resolved',
    final = false,
  ): Promise<void> {
    const captureId = `${orderId}/capture/1`;
    await scenario.shop.ledger.beginCapture([{ captureId, orderId, amount, final, requestHash }]);
    await scenario.shop.ledger.finishCapture([{ captureId, orderId, status }]);
  }

  async function cancelled(
    { orderId }: PaidOrder,
    how: { refund?: 'skipped' | 'resolved'; released?: boolean },
  ): Promise<void> {
    await scenario.shop.ledger.beginCancellation([{ orderId, reason: 'test' }]);
    await scenario.shop.ledger.finishCancellation([{ orderId, reason: 'test', ...how }]);
    await scenario.mailed(orderId, ['cancelled']);
  }

  it('accepts a skipped refund, and finds that the provider has made it', async () => {
    const order = await scenario.paid();
    const refundId = await refund(order, 400, 'skipped');
    await scenario.finds();
    await refundThere(order, 400, { order_id: order.orderId, refund_id: refundId });
    const [found] = await scenario.finds('refunded_differs');
    assert.match(found?.detail ?? '', /our records have 0 refunded, and the provider 400/);
  });

  it('accepts no skipped refund any more that is found at the provider and recorded', async () => {
    const order = await scenario.paid();
    const refundId = await refund(order, 400, 'skipped');
    await refundThere(order, 400, { order_id: order.orderId, refund_id: refundId });
    await reconciled(order.orderId, order.paymentIntentId);
    await scenario.mailed(order.orderId, ['refunded']);
    await scenario.finds();
    await scenario.repair(`update orders set status = 'cancelled' where order_id = $1`, [order.orderId]);
    const { differences } = await scenario.audit();
    assert.match(
      differences.find(({ rule }) => rule === 'ended_with_money')?.detail ?? '',
      /1000 are captured, 400 refunded.*; an operator has kept 0/,
    );
  });

  for (const action of ['skip', 'resolve'] as const)
    it(`accepts a late payment that was taken in, and whose refund was settled by ${action}, and finds another`, async () => {
      const { orderId } = await scenario.failed();
      const late = async () =>
        intents().create({
          ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
          metadata: { order_id: orderId },
        });
      const first = await late();
      assert.equal((await reconciled(orderId, first.id))?.refundTotal, 1_000);
      await scenario.finds('ended_with_money');
      await reconciled(orderId, first.id, action);
      await scenario.finds();
      const second = await late();
      await reconciled(orderId, second.id);
      const [found] = await scenario.finds('ended_with_money');
      assert.equal(found?.ids['paymentIntentId'], second.id);
    });

  it('accepts a resolved refund, made at the provider or elsewhere, and finds one of more', async () => {
    const order = await scenario.paid();
    await refund(order, 400, 'resolved');
    await scenario.finds();
    await refundThere(order, 400);
    await scenario.finds();
    await refundThere(order, 1);
    await scenario.finds('refunded_differs', 'refund_unknown_here', 'refund_unknown_here');
  });

  for (const [when, first, mail] of [
    ['before an operator resolves ours', 'there', 2],
    ['after an operator has resolved ours', 'here', 1],
  ] as const)
    it(`finds no difference where a refund was made in the dashboard ${when}, and is taken in`, async () => {
      const order = await scenario.paid();
      const { orderId, paymentIntentId } = order;
      const refundId = `${orderId}/refund/1`;
      const { ledger } = scenario.shop;
      await ledger.beginRefund([{ refundId, orderId, amount: 400, requestHash }]);
      if (first === 'here') await ledger.finishRefund([{ refundId, orderId, status: 'resolved' }]);
      await refundThere(order, 400);
      await reconciled(orderId, paymentIntentId);
      if (first === 'there') await ledger.finishRefund([{ refundId, orderId, status: 'resolved' }]);
      await scenario.mailed(orderId, ['refunded'], mail);
      await scenario.finds();
      await refundThere(order, 1);
      await scenario.finds('refunded_differs', 'refund_unknown_here');
    });

  it('finds another refund that the provider does not have, beside one that was resolved', async () => {
    const order = await scenario.paid();
    await refund(order, 400, 'resolved');
    const refundId = `${order.orderId}/refund/2`;
    const { ledger } = scenario.shop;
    await ledger.beginRefund([{ refundId, orderId: order.orderId, amount: 100, requestHash }]);
    await ledger.finishRefund([{ refundId, orderId: order.orderId, status: 'succeeded' }]);
    await scenario.mailed(order.orderId, ['refunded'], 2);
    const [found] = await scenario.finds('refund_not_at_provider', 'refunded_differs');
    assert.equal(found?.ids['refundId'], refundId);
  });

  it('finds that the provider has captured what an operator has skipped because its answer was lost', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await capture(order, 1_000, 'skipped');
    await scenario.finds();
    await intents().capture(order.paymentIntentId);
    await scenario.finds('captured_differs', 'authorized_differs');
  });

  it('accepts a resolved capture whatever became of its authorisation, and finds that more was captured', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await capture(order, 400, 'resolved', true);
    await scenario.finds();
    await intents().capture(order.paymentIntentId, { amount_to_capture: 500 });
    await scenario.finds('captured_differs');
  });

  it('accepts the money of a cancelled order that is kept, and finds more of it', async () => {
    const order = await scenario.paid();
    await cancelled(order, { refund: 'skipped' });
    await scenario.finds();
    await scenario.sql('update payments set captured = 1500, amount = 1500');
    const [found] = await scenario.finds('ended_with_money', 'captured_differs');
    assert.match(found?.detail ?? '', /1500 are captured.* an operator has kept 1000/);
  });

  it('accepts an authorisation that was left at the provider, and finds that it was captured', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await cancelled(order, { released: false });
    await scenario.finds();
    await intents().capture(order.paymentIntentId);
    await scenario.finds('captured_differs');
  });

  it('accepts a second payment that is kept, and finds a third', async () => {
    const order = await scenario.paid();
    const charge = () =>
      intents().create({
        ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { order_id: order.orderId },
      });
    const { id: paymentIntentId } = await charge();
    const late = { orderId: order.orderId, paymentIntentId, captured: 1_000, refunded: 0 };
    await scenario.shop.ledger.recordLatePayment([{ ...late, settledByHand: 'skip' }]);
    await scenario.finds();
    await charge();
    await scenario.finds('charged_twice', 'payment_unknown_here');
  });

  for (const [settledByHand, refunded] of [
    ['skip', 0],
    ['resolve', 1_000],
  ] as const)
    it(`accepts the payment of a failed order whose refund was settled by ${settledByHand}, and finds another`, async () => {
      const order = await scenario.reserved();
      const { orderId } = order;
      const metadata = { order_id: orderId };
      const charge = {
        amount: 1_000,
        currency: 'eur',
        payment_method: 'pm_card_visa',
        confirm: true,
        metadata,
      };
      const { id: paymentIntentId } = await intents().create(charge);
      const payment = { attempt: 1, paymentIntentId, captured: 1_000, refunded, settledByHand };
      const status = settledByHand === 'skip' ? 'succeeded' : 'refunded';
      await scenario.shop.ledger.releaseStock([
        { ...{ orderId, order, status: 'expired', reason: 'x' }, payment: { ...payment, status } },
      ]);
      await scenario.mailed(orderId, ['expired']);
      await scenario.finds();
      await intents().create(charge);
      const { differences } = await scenario.audit();
      assert.ok(
        differences.some(({ rule }) => rule === 'payment_unknown_here'),
        JSON.stringify(differences),
      );
    });

  it('accepts a returned refund that was settled, and finds the next one', async () => {
    const order = await scenario.paid();
    const { orderId, paymentIntentId } = order;
    await scenario.refunded(order, 300);
    await scenario.refunded(order, 200);
    const { data } = await scenario.provider.stripe.refunds.list({ payment_intent: paymentIntentId });
    const returned = (amount: number): string => data.find((each) => each.amount === amount)?.id ?? '';
    await scenario.provider.post(`/refunds/${returned(300)}/fail`);
    await scenario.shop.ledger.finishReturnedRefund([
      { orderId, paymentIntentId, providerRefundId: returned(300), amount: 300, status: 'skipped' },
    ]);
    await scenario.finds();
    await scenario.provider.post(`/refunds/${returned(200)}/fail`);
    await scenario.finds('refund_not_at_provider', 'refund_not_at_provider', 'refunded_differs');
  });

  it('compares the currency, the order and a missing payment whatever was settled', async () => {
    const order = await scenario.paid();
    await refund(order, 400, 'resolved');
    await scenario.sql(`update payments set currency = 'USD'`);
    await scenario.finds('currency_differs');
    await scenario.sql(`update payments set currency = 'EUR', payment_intent_id = 'pi_lost'`);
    await scenario.finds('payment_not_at_provider', 'payment_unknown_here', 'charged_twice');
  });
});
