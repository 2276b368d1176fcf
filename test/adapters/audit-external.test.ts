import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUDIT_RULES } from '../../src/adapters/postgres/audit/rules.ts';
import { packageRoot } from '../../src/platform/package-root.ts';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';

/** What a person or a bank does at the provider, and nobody has told us. */
describe('the audit of changes at the provider', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;

  beforeEach(async () => {
    scenario = await openAuditScenario();
  });
  afterEach(() => scenario.close());

  const intents = () => scenario.provider.stripe.paymentIntents;
  const refundThere = (order: PaidOrder, amount: number) =>
    scenario.provider.stripe.refunds.create({ payment_intent: order.paymentIntentId, amount });
  const charge = (orderId: string, changes: object = {}) =>
    intents().create({
      ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
      ...{ metadata: { order_id: orderId }, ...changes },
    });
  /** Cancels an order that was authorised, in our records only. */
  async function cancelledHere(order: PaidOrder): Promise<void> {
    const { orderId } = order;
    await scenario.shop.ledger.beginCancellation([{ orderId, reason: 'test' }]);
    await scenario.shop.ledger.finishCancellation([{ orderId, reason: 'test', released: true }]);
    await scenario.mailed(orderId, ['cancelled']);
  }

  it('finds an authorisation that was captured', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await intents().capture(order.paymentIntentId);
    const [found] = await scenario.finds('captured_differs', 'authorized_differs');
    assert.match(found?.detail ?? '', /our records have 0 captured, and the provider 1000/);
  });

  it('finds money of cancelled lines that was captured, and that nobody refunds', async () => {
    const sku = await scenario.shop.item(10);
    const { orderId, paymentIntentId } = await scenario.paid({
      capture: 'later',
      order: { lines: [{ sku, quantity: 3 }] },
    });
    await scenario.shop.ledger.beginRefund([
      {
        ...{ refundId: `${orderId}/cancel/1`, orderId, requestHash: 'a'.repeat(64) },
        ...{ kind: 'line_cancellation', lines: [{ line: 1, quantity: 1 }] },
      },
    ]);
    await intents().capture(paymentIntentId);
    // As a version recorded it that did not refund such money.
    await scenario.sql('update payments set captured = 3000, capturable = 0 where order_id = $1', [orderId]);
    await scenario.sql(
      `insert into captures (capture_id, order_id, amount, final, request_hash, status)
       values ($1 || '/capture/outside-1', $1, 3000, true, '', 'succeeded')`,
      [orderId],
    );
    const [found] = await scenario.finds('cancelled_lines_captured');
    assert.equal(
      found?.detail,
      '3000 are kept, and what is not cancelled or refunded of the order costs 2000',
    );
  });

  it('finds an authorisation of which a part was captured, and the rest released', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await intents().capture(order.paymentIntentId, { amount_to_capture: 300 });
    const [captured, authorized] = await scenario.finds('captured_differs', 'authorized_differs');
    assert.match(captured?.detail ?? '', /0 captured, and the provider 300/);
    assert.match(authorized?.detail ?? '', /1000 authorised, and the provider 0/);
  });

  it('finds an authorisation that has expired', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await scenario.provider.post(`/payment_intents/${order.paymentIntentId}/expire`);
    await scenario.finds('authorized_differs');
  });

  it('finds an authorisation that is open, and that our records have released', async () => {
    const order = await scenario.paid({ capture: 'later' });
    await cancelledHere(order);
    const [found] = await scenario.finds('authorized_differs');
    assert.match(found?.detail ?? '', /our records have 0 authorised, and the provider 1000/);
    await intents().capture(order.paymentIntentId);
    await scenario.finds('captured_differs');
  });

  it('finds a payment of another amount, and one in another currency, for one of our orders', async () => {
    const order = await scenario.paid();
    const { id } = await charge(order.orderId, { amount: 2_500, currency: 'usd' });
    await scenario.sql(`update payments set payment_intent_id = $2 where order_id = $1`, [order.orderId, id]);
    await scenario.finds('captured_differs', 'currency_differs', 'payment_unknown_here', 'charged_twice');
  });

  it('finds refunds: of a part, of the rest, and of an order that has ended', async () => {
    const order = await scenario.paid();
    await refundThere(order, 400);
    await scenario.finds('refund_unknown_here', 'refunded_differs');
    await refundThere(order, 600);
    await scenario.finds('refund_unknown_here', 'refund_unknown_here', 'refunded_differs');
  });

  it('finds no difference once refunds are taken in, unless they are others than those that are recorded', async () => {
    const order = await scenario.paid();
    const { orderId, paymentIntentId } = order;
    await refundThere(order, 400);
    const payments = await scenario.provider.payments.readPayments({
      orderId,
      paymentIntentIds: [paymentIntentId],
    });
    await scenario.shop.ledger.reconcilePayment(payments);
    await scenario.mailed(orderId, ['refunded']);
    await scenario.finds();
    await scenario.sql(`update refunds set provider_refund_id = 're_of_nobody' where order_id = $1`, [
      orderId,
    ]);
    await scenario.finds('refund_not_at_provider', 'refund_unknown_here');
  });

  for (const amount of [400, 1_000])
    it(`finds no difference once a refund of ${amount} that fails later is taken in`, async () => {
      const order = await scenario.paid();
      const { orderId, paymentIntentId } = order;
      const takeIn = async () =>
        scenario.shop.ledger.reconcilePayment(
          await scenario.provider.payments.readPayments({ orderId, paymentIntentIds: [paymentIntentId] }),
        );
      const { id } = await refundThere(order, amount);
      await takeIn();
      await scenario.mailed(orderId, ['refunded']);
      await scenario.finds();
      await scenario.provider.post(`/refunds/${id}/fail`);
      await scenario.finds('refund_not_at_provider', 'refunded_differs');
      const [result] = await takeIn();
      assert.equal(result?.returned, amount);
      await scenario.finds();
    });

  it('finds a refund that the bank has returned', async () => {
    const order = await scenario.paid();
    await scenario.refunded(order, 300);
    const { data } = await scenario.provider.stripe.refunds.list({ payment_intent: order.paymentIntentId });
    await scenario.provider.post(`/refunds/${data[0]?.id ?? ''}/fail`);
    await scenario.finds('refund_not_at_provider', 'refunded_differs');
  });

  it('finds a payment that succeeds after its order has failed', async () => {
    const order = await scenario.failed();
    const { id } = await charge(order.orderId, { payment_method: 'pm_card_authenticationRequired' });
    await scenario.finds('payment_could_succeed');
    await scenario.provider.post(`/payment_intents/${id}/succeed_late`);
    const [found] = await scenario.finds('payment_unknown_here');
    assert.equal(found?.orderId, order.orderId);
  });

  it('finds an authorisation of an order that has failed', async () => {
    const order = await scenario.failed();
    await charge(order.orderId, { capture_method: 'manual' });
    await scenario.finds('payment_unknown_here');
  });

  it('finds two payments of one order, and one of an order that does not exist', async () => {
    const order = await scenario.paid();
    await charge(order.orderId);
    await charge(`ord_${'f'.repeat(32)}`);
    await scenario.finds('charged_twice', 'payment_unknown_here', 'payment_without_order');
  });
});

describe('a rule of the audit', () => {
  const folder = join(packageRoot(), 'test/adapters');
  const found = readdirSync(folder)
    .filter((file) => file.startsWith('audit'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').match(/'[a-z]+(?:_[a-z]+)+'/g) ?? []);

  for (const { code } of AUDIT_RULES)
    it(`finds what a test makes: ${code}`, () => {
      assert.ok(
        found.includes(`'${code}'`),
        `No test of the audit names ${code}: add one with such a defect.`,
      );
    });
});
