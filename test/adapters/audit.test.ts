import assert from 'node:assert/strict';
import { createAuthorizations } from '../../src/adapters/postgres/authorizations.ts';
import { checkoutWorkflowId, refundWorkflowId } from '../../src/contracts/temporal/names.ts';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';

describe('the audit', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;

  beforeEach(async () => {
    scenario = await openAuditScenario();
  });
  afterEach(() => scenario.close());

  /** A paid order with an error that our own code would not make. */
  async function paidThen(change: string): Promise<PaidOrder> {
    const order = await scenario.paid();
    await scenario.sql(change, [order.orderId]);
    return order;
  }

  describe('of consistent records', () => {
    it('finds no difference, and returns how much it has checked', async () => {
      await scenario.paid();
      await scenario.failed();
      await scenario.refunded(await scenario.paid(), 300);
      await scenario.refunded(await scenario.paid(), 1_000);
      await scenario.paid({ capture: 'later' });
      scenario.runs(await scenario.reserved());

      const { clean, differences, checked } = await scenario.audit();

      assert.deepEqual(differences, []);
      assert.equal(clean, true);
      assert.deepEqual(checked, {
        ...{
          orders: 6,
          payments: 5,
          refunds: 2,
          captures: 0,
          disputes: 0,
          reservations: 6,
          items: 1,
          mails: 11,
        },
        ...{ shipments: 0, returns: 0, carrierLabels: 0 },
        ...{
          events: 21,
          providerPayments: 4,
          providerRefunds: 2,
          providerDisputes: 0,
          runningWorkflows: 1,
          closedWorkflows: 4,
        },
      });
    });

    it('returns the same report when it runs twice for one id, as after a lost response', async () => {
      await scenario.paid();
      const first = await scenario.audit(undefined, 'twice');
      await scenario.paid();
      assert.deepEqual(await scenario.audit(undefined, 'twice'), first);
    });

    it('ignores payments that others make in the same account of the provider', async () => {
      const { stripe } = scenario.provider;
      const payment = { amount: 700, currency: 'eur', payment_method: 'pm_card_visa', confirm: true };
      await stripe.paymentIntents.create({ ...payment, metadata: { order_id: '4711' } });
      const { id } = await stripe.paymentIntents.create(payment);
      await stripe.refunds.create({ payment_intent: id, amount: 100 });
      await scenario.finds();
    });

    it('ignores the payment of an order whose workflow runs', async () => {
      const order = await scenario.reserved();
      scenario.runs(order);
      await scenario.provider.payments.charge({
        ...{ orderId: order.orderId, placedAt: order.placedAt, attempt: 1, amount: 1_000, currency: 'EUR' },
        ...{ triedBefore: false, paymentMethod: 'pm_card_visa' },
      });
      await scenario.finds();
    });

    it('accepts what operators have settled by hand', async () => {
      const skipped = await scenario.paid();
      const refundId = `${skipped.orderId}/refund/1`;
      await scenario.shop.ledger.beginRefund([
        { refundId, orderId: skipped.orderId, amount: 400, requestHash: 'x' },
      ]);
      await scenario.shop.ledger.finishRefund([{ refundId, orderId: skipped.orderId, status: 'resolved' }]);
      const { orderId } = skipped;
      const place = { orderId, workflowId: checkoutWorkflowId(orderId), step: 'notify refunded' };
      await scenario.shop.ledger.parkStep([
        { ...place, reason: 'MailFault', attempts: 5, actions: ['skip'] },
      ]);
      await scenario.shop.ledger.resolveStep([{ ...place, action: 'skip' }]);
      await scenario.finds();
    });
  });

  describe('of our own records', () => {
    it('finds a paid order without its money', async () => {
      const { orderId } = await paidThen(`delete from payments where order_id = $1`);
      const [found, unknown] = await scenario.finds('paid_without_money', 'payment_unknown_here');
      assert.deepEqual([found?.orderId, unknown?.orderId], [orderId, orderId]);
      assert.match(found?.detail ?? '', /paid with a total of 1000, and 0 are captured/);
    });

    it('finds a paid order whose captured amount is not its total', async () => {
      const order = await paidThen(`update orders set total = 900 where order_id = $1`);
      const [found] = await scenario.finds('paid_without_money');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds a failed order that keeps money', async () => {
      const order = await scenario.paid();
      await scenario.repair(`update orders set status = 'expired' where order_id = $1`, [order.orderId]);
      const [found] = await scenario.finds(
        ...['ended_with_money', 'events_status', 'mail_missing', 'reservation_state'],
      );
      assert.deepEqual(
        [found?.orderId, found?.ids],
        [order.orderId, { paymentIntentId: order.paymentIntentId }],
      );
    });

    it('finds two payments that hold money of one order', async () => {
      await scenario.sql('drop index payments_one_captured');
      const order = await scenario.paid();
      const other = await scenario.provider.stripe.paymentIntents.create({
        ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { order_id: order.orderId, attempt: '2' },
      });
      await scenario.sql(
        `insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured)
         values ($1, 2, $2, 'succeeded', 'EUR', 1000, 1000)`,
        [order.orderId, other.id],
      );
      const [found] = await scenario.finds('charged_twice', 'paid_without_money');
      assert.equal(found?.orderId, order.orderId);
      assert.ok(found.ids['paymentIntentIds']?.includes(other.id));
    });

    it('finds refunds that exceed what was captured', async () => {
      const order = await paidThen(`
        insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, request_hash, status)
        select order_id || '/refund/1', order_id, 1, 'requested', 1, payment_intent_id, 1001, '', 'pending'
          from payments where order_id = $1`);
      scenario.runs({
        orderId: order.orderId,
        workflowId: refundWorkflowId(`${order.orderId}/refund/1`),
      });
      const [found] = await scenario.finds('refund_exceeds_captured');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds refunds that do not add up to the refunded amount of the payment', async () => {
      const order = await scenario.paid();
      await scenario.refunded(order, 300);
      await scenario.sql(`update payments set refunded = 200 where order_id = $1`, [order.orderId]);
      const [found] = await scenario.finds('refund_sum', 'refunded_differs');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds a pending refund without a workflow, but not one with a workflow', async () => {
      const order = await scenario.paid();
      const refundId = `${order.orderId}/refund/1`;
      await scenario.shop.ledger.beginRefund([
        { refundId, orderId: order.orderId, amount: 100, requestHash: 'x' },
      ]);
      const [found] = await scenario.finds('refund_pending');
      assert.deepEqual(found?.ids, { refundId, workflowId: `order/${refundId}` });
      scenario.runs({ orderId: order.orderId, workflowId: `order/${refundId}` });
      await scenario.finds();
    });

    it('finds a pending capture without a workflow', async () => {
      const order = await scenario.paid({ capture: 'later' });
      const captureId = `${order.orderId}/capture/1`;
      await scenario.shop.ledger.beginCapture([{ captureId, orderId: order.orderId, requestHash: 'x' }]);
      const [found] = await scenario.finds('capture_pending');
      assert.deepEqual(found?.ids, { captureId, workflowId: `order/${captureId}` });
    });

    it('finds a level whose counts are not the sums of its movements', async () => {
      await scenario.sql('update stock_levels set available = available - 1 where sku = $1', [scenario.sku]);
      const [found] = await scenario.finds('stock_sum');
      assert.deepEqual(found?.ids, { sku: scenario.sku, location: 'default' });
    });

    it('finds stock that is held, committed or sold without a reservation', async () => {
      await scenario.sql(
        `with moved as (
           insert into stock_movements (sku, location_id, kind, available, held, committed)
           select sku, location_id, 'adjusted', -3, 1, 2 from stock_levels)
         update stock_levels set available = available - 3, held = 1, committed = 2, sold = 2`,
      );
      const found = await scenario.finds('stock_held', 'stock_committed', 'stock_sold');
      assert.deepEqual(
        found.map(({ ids }) => ids),
        Array.from({ length: 3 }, () => ({ sku: scenario.sku, location: 'default' })),
      );
    });

    it('finds pieces that are available while orders are short of them', async () => {
      const order = await scenario.reserved();
      scenario.runs(order);
      await scenario.sql('update reservations set short = 1');
      await scenario.sql(
        `with moved as (
           insert into stock_movements (sku, location_id, kind, held) select sku, location_id, 'adjusted', -1 from stock_levels)
         update stock_levels set held = 0, oversold = 1`,
      );
      await scenario.finds('stock_short_while_available');
      await scenario.sql('update stock_levels set oversold = 2');
      await scenario.finds('stock_oversold', 'stock_short_while_available');
    });

    it('finds a reservation whose state does not match its order', async () => {
      const order = await paidThen(`update reservations set state = 'held' where order_id = $1`);
      await scenario.sql(
        `with moved as (
           insert into stock_movements (sku, location_id, kind, held) select sku, location_id, 'adjusted', 1 from stock_levels)
         update stock_levels set held = held + 1, sold = sold - 1`,
      );
      const [found] = await scenario.finds('reservation_state');
      assert.deepEqual(
        [found?.orderId, found?.ids],
        [order.orderId, { sku: scenario.sku, location: 'default' }],
      );
    });

    it('finds a reservation with another quantity than ordered, and a missing reservation', async () => {
      const order = await paidThen(`update reservations set quantity = 2 where order_id = $1`);
      const none = await paidThen(`delete from reservations where order_id = $1`);
      const { differences } = await scenario.audit();
      assert.deepEqual(
        differences.map(({ rule, orderId }) => [rule, orderId]).sort(),
        [
          ['reservation_quantity', order.orderId],
          ['reservation_quantity', none.orderId],
        ].sort(),
      );
    });

    it('finds a gap in the events, and a missing last event', async () => {
      const gap = await paidThen(`delete from order_events where order_id = $1 and sequence = 2`);
      const [found] = await scenario.finds('events_sequence');
      assert.equal(found?.orderId, gap.orderId);
      await scenario.sql(`update order_events set sequence = 2 where order_id = $1 and sequence = 3`, [
        gap.orderId,
      ]);
      assert.match(
        (await scenario.finds('events_sequence'))[0]?.detail ?? '',
        /2 events, numbered 1 to 2.* last number of the order is 3/,
      );
    });

    it('finds a status change without an event', async () => {
      const order = await paidThen(`update orders set status = 'shipped' where order_id = $1`);
      const [found] = await scenario.finds('events_status');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds a mail that is missing or was not sent, but not while a workflow of the order runs', async () => {
      const order = await paidThen(`delete from mails where order_id = $1 and kind = 'paid'`);
      const other = await paidThen(
        `update mails set status = 'failed' where order_id = $1 and kind = 'created'`,
      );
      await paidThen(`update mails set status = 'refused' where order_id = $1 and kind = 'paid'`);
      const [missing, unsent] = await scenario.finds('mail_missing', 'mail_unsent');
      assert.deepEqual([missing?.orderId, missing?.ids['kind']], [order.orderId, 'paid']);
      assert.deepEqual([unsent?.orderId, unsent?.ids['kind']], [other.orderId, 'created']);
      scenario.runs(order);
      scenario.runs(other);
      await scenario.finds();
    });

    it('finds a missing mail about a refund', async () => {
      const order = await scenario.paid();
      await scenario.refunded(order, 300);
      await scenario.refunded(order, 100);
      await scenario.sql(`delete from mails where order_id = $1 and kind = 'refunded' and part = 2`, [
        order.orderId,
      ]);
      const [found] = await scenario.finds('mail_missing');
      assert.deepEqual(found?.ids, { kind: 'refunded', part: '2' });
    });
  });

  describe('of the workflows', () => {
    it('finds an open order that no workflow processes', async () => {
      const { orderId } = await scenario.reserved();
      const [found] = await scenario.finds('order_without_workflow');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { workflowId: `order/${orderId}` }]);
    });

    it('finds a workflow without an order that has closed or runs for long', async () => {
      const [ended = '', long = '', young = ''] = ['a', 'b', 'c'].map((letter) => `ord_${letter.repeat(32)}`);
      scenario.runs({ orderId: ended, running: false });
      scenario.runs({ orderId: long, startedAt: new Date(Date.now() - 600_000).toISOString() });
      scenario.runs({ orderId: young });
      const { differences } = await scenario.audit();
      assert.deepEqual(
        differences.map(({ rule, ids }) => [rule, ids['workflowId']]),
        [
          ['workflow_without_order', `order/${ended}`],
          ['workflow_without_order', `order/${long}`],
        ],
      );
    });

    it('finds an order that is being cancelled without a workflow', async () => {
      const order = await paidThen(`update orders set cancelling = true where order_id = $1`);
      const [found] = await scenario.finds('cancelling_without_workflow');
      assert.deepEqual(found?.ids, { workflowId: `order/${order.orderId}/cancellation` });
    });

    it('finds a parked step whose workflow does not run', async () => {
      const { orderId } = await scenario.paid();
      const workflowId = `order/${orderId}/refund/9`;
      const step = { orderId, workflowId, step: 'refundPayment', reason: 'x', attempts: 1 };
      await scenario.shop.ledger.parkStep([{ ...step, actions: ['retry'] }]);
      const [found] = await scenario.finds('parked_without_workflow');
      assert.deepEqual(found?.ids, { workflowId, step: 'refundPayment' });
    });

    it('accuses no step that waits in no workflow', async () => {
      const { orderId } = await scenario.paid({ capture: 'later' });
      await scenario.shop.pool.query(
        `update payments set capture_before = clock_timestamp() + interval '1 hour' where order_id = $1`,
        [orderId],
      );
      await createAuthorizations(scenario.shop.pool).showEnding(86_400_000, 100);
      const [parked] = await scenario.shop.reader.parked(orderId);
      assert.equal(parked?.step, 'captureAuthorization');
      await scenario.finds();
    });
  });

  describe("of the provider's records", () => {
    const refund = (order: PaidOrder, amount: number, metadata: Record<string, string> = {}) =>
      scenario.provider.stripe.refunds.create({ payment_intent: order.paymentIntentId, amount, metadata });

    it('finds a captured amount that differs from our records', async () => {
      const order = await paidThen(`update payments set captured = 999, amount = 1000 where order_id = $1`);
      const [found] = await scenario.finds('captured_differs', 'paid_without_money');
      assert.deepEqual(found?.ids, { paymentIntentId: order.paymentIntentId });
      assert.match(found.detail, /our records have 999 captured, and the provider 1000/);
    });

    it('finds an authorisation that has ended at the provider', async () => {
      const order = await scenario.paid({ capture: 'later' });
      await scenario.provider.stripe.paymentIntents.cancel(order.paymentIntentId);
      const [found] = await scenario.finds('authorized_differs');
      assert.match(found?.detail ?? '', /our records have 1000 authorised, and the provider 0/);
    });

    it('finds a currency that differs', async () => {
      const order = await paidThen(`update payments set currency = 'USD' where order_id = $1`);
      assert.equal((await scenario.finds('currency_differs'))[0]?.orderId, order.orderId);
    });

    it('finds a payment that the provider has for another order', async () => {
      const order = await scenario.paid();
      const metadata = { order_id: `ord_${'d'.repeat(32)}` };
      await scenario.provider.stripe.paymentIntents.update(order.paymentIntentId, { metadata });
      const [found] = await scenario.finds('payment_order_differs');
      assert.deepEqual(
        [found?.orderId, found?.ids['paymentIntentId']],
        [order.orderId, order.paymentIntentId],
      );
    });

    it('finds a payment that the provider does not know', async () => {
      const order = await scenario.paid();
      await scenario.sql(`update payments set payment_intent_id = 'pi_lost' where order_id = $1`, [
        order.orderId,
      ]);
      const [lost, found, twice] = await scenario.finds(
        ...['payment_not_at_provider', 'payment_unknown_here', 'charged_twice'],
      );
      assert.deepEqual(lost?.ids, { paymentIntentId: 'pi_lost' });
      assert.deepEqual(found?.ids, { paymentIntentId: order.paymentIntentId });
      assert.equal(twice?.orderId, order.orderId);
    });

    it('finds a second charge, but not one that was refunded', async () => {
      const order = await scenario.paid();
      const second = await scenario.provider.stripe.paymentIntents.create({
        ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { order_id: order.orderId, attempt: '2' },
      });
      const [twice] = await scenario.finds('charged_twice', 'payment_unknown_here');
      assert.ok(twice?.ids['paymentIntentIds']?.includes(second.id));
      await scenario.provider.payments.refund({
        ...{ orderId: order.orderId, paymentIntentId: second.id, amount: 1_000 },
      });
      const late = { orderId: order.orderId, paymentIntentId: second.id, captured: 1_000, refunded: 1_000 };
      await scenario.shop.ledger.recordLatePayment([late]);
      await scenario.finds();
    });

    it('finds a payment for an order that does not exist', async () => {
      const orderId = `ord_${'e'.repeat(32)}`;
      const outcome = await scenario.provider.payments.charge({
        ...{ orderId, placedAt: new Date().toISOString(), attempt: 1, amount: 500, currency: 'EUR' },
        ...{ triedBefore: false, paymentMethod: 'pm_card_visa' },
      });
      const [found] = await scenario.finds('payment_without_order');
      assert.equal(found?.orderId, orderId);
      assert.ok('paymentIntentId' in outcome && outcome.paymentIntentId === found.ids['paymentIntentId']);
    });

    it('finds a payment of a failed order that could still succeed', async () => {
      const order = await scenario.failed();
      const { id } = await scenario.provider.stripe.paymentIntents.create({
        ...{
          amount: 1_000,
          currency: 'eur',
          payment_method: 'pm_card_authenticationRequired',
          confirm: true,
        },
        metadata: { order_id: order.orderId },
      });
      const [found] = await scenario.finds('payment_could_succeed');
      assert.deepEqual([found?.orderId, found?.ids], [order.orderId, { paymentIntentId: id }]);
    });

    it('finds a refund that the provider does not have', async () => {
      const order = await scenario.paid();
      const refundId = `${order.orderId}/refund/1`;
      await scenario.shop.ledger.beginRefund([
        { refundId, orderId: order.orderId, amount: 100, requestHash: 'x' },
      ]);
      await scenario.shop.ledger.finishRefund([{ refundId, orderId: order.orderId, status: 'succeeded' }]);
      await scenario.mailed(order.orderId, ['refunded']);
      const [found] = await scenario.finds('refund_not_at_provider', 'refunded_differs');
      assert.equal(found?.ids['refundId'], refundId);
    });

    it('finds a refund that the bank has returned, until an operator has settled it', async () => {
      const order = await scenario.paid();
      const refundId = await scenario.refunded(order, 300);
      const [made] = (await scenario.provider.stripe.refunds.list({ payment_intent: order.paymentIntentId }))
        .data;
      await scenario.provider.post(`/refunds/${made?.id}/fail`);
      const [found] = await scenario.finds('refund_not_at_provider', 'refunded_differs');
      assert.equal(found?.ids['refundId'], refundId);
      scenario.runs({
        orderId: order.orderId,
        workflowId: `order/${order.orderId}/returned-refund/${made?.id}`,
      });
      await scenario.finds();
      scenario.workflows.length = 0;
      await scenario.shop.ledger.finishReturnedRefund([
        {
          ...{ orderId: order.orderId, paymentIntentId: order.paymentIntentId },
          ...{ providerRefundId: made?.id ?? '', amount: 300, status: 'resolved' },
        },
      ]);
      await scenario.finds();
    });

    it('finds a refund whose amount differs', async () => {
      const order = await scenario.paid();
      const refundId = await scenario.refunded(order, 300);
      await scenario.sql(`update refunds set amount = 200 where order_id = $1`, [order.orderId]);
      await scenario.sql(`update payments set refunded = 200 where order_id = $1`, [order.orderId]);
      const [found] = await scenario.finds('refund_amount_differs', 'refunded_differs');
      assert.equal(found?.ids['refundId'], refundId);
    });

    it('finds a refund that our records do not have', async () => {
      const byHand = await scenario.paid();
      const { id } = await refund(byHand, 250);
      const [found] = await scenario.finds('refund_unknown_here', 'refunded_differs');
      assert.equal(found?.orderId, byHand.orderId);
      assert.deepEqual(found.ids, { providerRefundId: id, paymentIntentId: byHand.paymentIntentId });
    });
  });

  describe('while orders are processed', () => {
    it('does not report a difference that is gone when it is checked again', async () => {
      const order = await scenario.reserved();
      setTimeout(() => {
        scenario.runs(order);
      }, 100);
      const slow = await scenario.audit(undefined, undefined, [300]);
      assert.deepEqual(slow.differences, []);
    });
  });

  it('counts differences beyond those it returns, and lets no rule crowd out another', async () => {
    const order = await scenario.paid();
    await scenario.sql(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email,
                           payment_method, created_at)
       select 'ord_' || lpad(n::text, 32, '0'), 'c', 'h', 'placed', 'EUR', 0, '[]', 'x@example.com', 'pm_x', now()
         from generate_series(1, 1500) n`,
    );
    await scenario.sql(`delete from mails where order_id = $1 and kind = 'paid'`, [order.orderId]);
    const { differenceCount, differences } = await scenario.audit();
    assert.equal(differenceCount, 3_001);
    assert.equal(differences.length, 1_000);
    assert.ok(differences.some(({ rule }) => rule === 'mail_missing'));
  });
});
