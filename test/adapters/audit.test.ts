import assert from 'node:assert/strict';
import { checkoutWorkflowId, refundWorkflowId } from '../../src/contracts/temporal/names.ts';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';

describe('the audit', function () {
  this.timeout(120_000);
  let stage: AuditScenario;

  beforeEach(async () => {
    stage = await openAuditScenario();
  });
  afterEach(() => stage.close());

  /** An order that is paid, with something wrong that no code of ours would do. */
  async function paidThen(change: string): Promise<PaidOrder> {
    const order = await stage.paid();
    await stage.sql(change, [order.orderId]);
    return order;
  }

  describe('of a shop in which all is well', () => {
    it('finds nothing, and says how much it has looked at', async () => {
      await stage.paid();
      await stage.failed();
      await stage.refunded(await stage.paid(), 300);
      await stage.refunded(await stage.paid(), 1_000);
      await stage.paid({ capture: 'later' });
      stage.runs(await stage.reserved());

      const { clean, differences, checked } = await stage.audit();

      assert.deepEqual(differences, []);
      assert.equal(clean, true);
      assert.deepEqual(checked, {
        ...{ orders: 6, payments: 5, refunds: 2, captures: 0, reservations: 6, items: 1, mails: 11 },
        ...{ events: 21, providerPayments: 4, providerRefunds: 2, runningWorkflows: 1, closedWorkflows: 4 },
      });
    });

    it('is the same when it runs twice for one id, as after a lost answer', async () => {
      await stage.paid();
      const first = await stage.audit(undefined, 'twice');
      await stage.paid();
      assert.deepEqual(await stage.audit(undefined, 'twice'), first);
    });

    it('takes no part in what others do in the same account of the provider', async () => {
      const { stripe } = stage.provider;
      const payment = { amount: 700, currency: 'eur', payment_method: 'pm_card_visa', confirm: true };
      await stripe.paymentIntents.create({ ...payment, metadata: { order_id: '4711' } });
      const { id } = await stripe.paymentIntents.create(payment);
      await stripe.refunds.create({ payment_intent: id, amount: 100 });
      await stage.finds();
    });

    it('leaves out orders of before `since`', async () => {
      await paidThen(
        `update orders set created_at = created_at - interval '1 day', status = 'closed' where order_id = $1`,
      );
      const since = new Date(Date.now() - 3_600_000).toISOString();
      const { checked, differences } = await stage.audit(since);
      assert.deepEqual([checked.orders, differences], [0, []]);
      await stage.finds('events_status');
    });

    it('leaves it to the workflow of an order what its payment comes to', async () => {
      const order = await stage.reserved();
      stage.runs(order);
      await stage.provider.payments.charge({
        ...{ orderId: order.orderId, placedAt: order.placedAt, attempt: 1, amount: 1_000, currency: 'EUR' },
        ...{ triedBefore: false, paymentMethod: 'pm_card_visa' },
      });
      await stage.finds();
    });

    it('takes operators at their word', async () => {
      const skipped = await stage.paid();
      const refundId = `${skipped.orderId}/refund/1`;
      await stage.shop.ledger.beginRefund([
        { refundId, orderId: skipped.orderId, amount: 400, requestHash: 'x' },
      ]);
      await stage.shop.ledger.finishRefund([{ refundId, orderId: skipped.orderId, status: 'resolved' }]);
      const { orderId } = skipped;
      const place = { orderId, workflowId: checkoutWorkflowId(orderId), step: 'notify refunded' };
      await stage.shop.ledger.parkStep([{ ...place, reason: 'MailFault', attempts: 5, actions: ['skip'] }]);
      await stage.shop.ledger.resolveStep([{ ...place, action: 'skip' }]);
      await stage.finds();
    });
  });

  describe('of our own books', () => {
    it('finds a paid order without its money', async () => {
      const { orderId } = await paidThen(`delete from payments where order_id = $1`);
      const [found, unknown] = await stage.finds('paid_without_money', 'payment_unknown_here');
      assert.deepEqual([found?.orderId, unknown?.orderId], [orderId, orderId]);
      assert.match(found?.detail ?? '', /paid with a total of 1000, and 0 are captured/);
    });

    it('finds a paid order that took another amount than it asks for', async () => {
      const order = await paidThen(`update orders set total = 900 where order_id = $1`);
      const [found] = await stage.finds('paid_without_money');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds a failed order that keeps money', async () => {
      const order = await paidThen(`update orders set status = 'expired' where order_id = $1`);
      const [found] = await stage.finds(
        ...['ended_with_money', 'events_status', 'mail_missing', 'reservation_state'],
      );
      assert.deepEqual(
        [found?.orderId, found?.ids],
        [order.orderId, { paymentIntentId: order.paymentIntentId }],
      );
    });

    it('finds two payments that keep money of one order', async () => {
      await stage.sql('drop index payments_one_captured');
      const order = await stage.paid();
      const other = await stage.provider.stripe.paymentIntents.create({
        ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { order_id: order.orderId, attempt: '2' },
      });
      await stage.sql(
        `insert into payments (order_id, attempt, payment_intent_id, status, currency, amount, captured)
         values ($1, 2, $2, 'succeeded', 'EUR', 1000, 1000)`,
        [order.orderId, other.id],
      );
      const [found] = await stage.finds('charged_twice', 'paid_without_money');
      assert.equal(found?.orderId, order.orderId);
      assert.ok(found.ids['paymentIntentIds']?.includes(other.id));
    });

    it('finds more booked to go back than was captured', async () => {
      const order = await paidThen(`
        insert into refunds (refund_id, order_id, number, kind, attempt, payment_intent_id, amount, request_hash, status)
        select order_id || '/refund/1', order_id, 1, 'requested', 1, payment_intent_id, 1001, '', 'pending'
          from payments where order_id = $1`);
      stage.runs({
        orderId: order.orderId,
        workflowId: refundWorkflowId(`${order.orderId}/refund/1`),
      });
      const [found] = await stage.finds('refund_exceeds_captured');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds refunds that do not add up to what the payment gave back', async () => {
      const order = await stage.paid();
      await stage.refunded(order, 300);
      await stage.sql(`update payments set refunded = 200 where order_id = $1`, [order.orderId]);
      const [found] = await stage.finds('refund_sum', 'refunded_differs');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds a refund that is pending without a workflow, and not one with', async () => {
      const order = await stage.paid();
      const refundId = `${order.orderId}/refund/1`;
      await stage.shop.ledger.beginRefund([
        { refundId, orderId: order.orderId, amount: 100, requestHash: 'x' },
      ]);
      const [found] = await stage.finds('refund_pending');
      assert.deepEqual(found?.ids, { refundId, workflowId: `order/${refundId}` });
      stage.runs({ orderId: order.orderId, workflowId: `order/${refundId}` });
      await stage.finds();
    });

    it('finds a capture that is pending without a workflow', async () => {
      const order = await stage.paid({ capture: 'later' });
      const captureId = `${order.orderId}/capture/1`;
      await stage.shop.ledger.beginCapture([{ captureId, orderId: order.orderId, requestHash: 'x' }]);
      const [found] = await stage.finds('capture_pending');
      assert.deepEqual(found?.ids, { captureId, workflowId: `order/${captureId}` });
    });

    it('finds an item whose counts do not add up', async () => {
      await stage.sql('alter table stock_items drop constraint stock_adds_up');
      await stage.sql('update stock_items set on_hand = on_hand - 1 where sku = $1', [stage.sku]);
      const [found] = await stage.finds('stock_sum');
      assert.deepEqual(found?.ids, { sku: stage.sku });
    });

    it('finds stock that is held or sold for nobody', async () => {
      await stage.sql('update stock_items set on_hand = on_hand - 3, held = 1, sold = 2 where sku = $1', [
        stage.sku,
      ]);
      const [held, sold] = await stage.finds('stock_held', 'stock_sold');
      assert.deepEqual([held?.ids, sold?.ids], [{ sku: stage.sku }, { sku: stage.sku }]);
    });

    it('finds a reservation that does not go with its order', async () => {
      const order = await paidThen(`update reservations set state = 'held' where order_id = $1`);
      await stage.sql('update stock_items set held = held + 1, sold = sold - 1');
      const [found] = await stage.finds('reservation_state');
      assert.deepEqual([found?.orderId, found?.ids], [order.orderId, { sku: stage.sku }]);
    });

    it('finds a reservation of another quantity than was ordered, or none', async () => {
      const order = await paidThen(`update reservations set quantity = 2 where order_id = $1`);
      const none = await paidThen(`delete from reservations where order_id = $1`);
      const { differences } = await stage.audit();
      assert.deepEqual(
        differences.map(({ rule, orderId }) => [rule, orderId]).sort(),
        [
          ['reservation_quantity', order.orderId],
          ['reservation_quantity', none.orderId],
        ].sort(),
      );
    });

    it('finds a gap in the events, and an event too few', async () => {
      const gap = await paidThen(`delete from order_events where order_id = $1 and sequence = 2`);
      const [found] = await stage.finds('events_sequence');
      assert.equal(found?.orderId, gap.orderId);
      await stage.sql(`update order_events set sequence = 2 where order_id = $1 and sequence = 3`, [
        gap.orderId,
      ]);
      assert.match(
        (await stage.finds('events_sequence'))[0]?.detail ?? '',
        /2 events, numbered 1 to 2.* last number of the order is 3/,
      );
    });

    it('finds a status that no event tells of', async () => {
      const order = await paidThen(`update orders set status = 'shipped' where order_id = $1`);
      const [found] = await stage.finds('events_status');
      assert.equal(found?.orderId, order.orderId);
    });

    it('finds a mail that is missing or was never sent, but not while a workflow is at it', async () => {
      const order = await paidThen(`delete from mails where order_id = $1 and kind = 'paid'`);
      const other = await paidThen(
        `update mails set status = 'failed' where order_id = $1 and kind = 'created'`,
      );
      const [missing, unsent] = await stage.finds('mail_missing', 'mail_unsent');
      assert.deepEqual([missing?.orderId, missing?.ids['kind']], [order.orderId, 'paid']);
      assert.deepEqual([unsent?.orderId, unsent?.ids['kind']], [other.orderId, 'created']);
      stage.runs(order);
      stage.runs(other);
      await stage.finds();
    });

    it('finds the mail of a refund that is missing', async () => {
      const order = await stage.paid();
      await stage.refunded(order, 300);
      await stage.refunded(order, 100);
      await stage.sql(`delete from mails where order_id = $1 and kind = 'refunded' and part = 2`, [
        order.orderId,
      ]);
      const [found] = await stage.finds('mail_missing');
      assert.deepEqual(found?.ids, { kind: 'refunded', part: '2' });
    });
  });

  describe('of the workflows', () => {
    it('finds an open order that no workflow carries on', async () => {
      const { orderId } = await stage.reserved();
      const [found] = await stage.finds('order_without_workflow');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { workflowId: `order/${orderId}` }]);
    });

    it('finds a workflow that has ended, or runs for long, without an order', async () => {
      const [ended = '', long = '', young = ''] = ['a', 'b', 'c'].map((letter) => `ord_${letter.repeat(32)}`);
      stage.runs({ orderId: ended, running: false });
      stage.runs({ orderId: long, startedAt: new Date(Date.now() - 600_000).toISOString() });
      stage.runs({ orderId: young });
      const { differences } = await stage.audit();
      assert.deepEqual(
        differences.map(({ rule, ids }) => [rule, ids['workflowId']]),
        [
          ['workflow_without_order', `order/${ended}`],
          ['workflow_without_order', `order/${long}`],
        ],
      );
    });

    it('finds an order that is being cancelled by nobody', async () => {
      const order = await paidThen(`update orders set cancelling = true where order_id = $1`);
      const [found] = await stage.finds('cancelling_without_workflow');
      assert.deepEqual(found?.ids, { workflowId: `order/${order.orderId}/cancellation` });
    });

    it('finds a parked step whose workflow is gone', async () => {
      const { orderId } = await stage.paid();
      const workflowId = `order/${orderId}/refund/9`;
      const step = { orderId, workflowId, step: 'refundPayment', reason: 'x', attempts: 1 };
      await stage.shop.ledger.parkStep([{ ...step, actions: ['retry'] }]);
      const [found] = await stage.finds('parked_without_workflow');
      assert.deepEqual(found?.ids, { workflowId, step: 'refundPayment' });
    });
  });

  describe('of the books of the provider', () => {
    const refund = (order: PaidOrder, amount: number, metadata: Record<string, string> = {}) =>
      stage.provider.stripe.refunds.create({ payment_intent: order.paymentIntentId, amount, metadata });

    it('finds what was captured otherwise than our books say', async () => {
      const order = await paidThen(`update payments set captured = 999, amount = 1000 where order_id = $1`);
      const [found] = await stage.finds('captured_differs', 'paid_without_money');
      assert.deepEqual(found?.ids, { paymentIntentId: order.paymentIntentId });
      assert.match(found.detail, /our records have 999 captured, and the provider 1000/);
    });

    it('finds an authorisation that is gone', async () => {
      const order = await stage.paid({ capture: 'later' });
      await stage.provider.stripe.paymentIntents.cancel(order.paymentIntentId);
      const [found] = await stage.finds('authorized_differs');
      assert.match(found?.detail ?? '', /our records have 1000 authorised, and the provider 0/);
    });

    it('finds another currency', async () => {
      const order = await paidThen(`update payments set currency = 'USD' where order_id = $1`);
      assert.equal((await stage.finds('currency_differs'))[0]?.orderId, order.orderId);
    });

    it('finds a payment that the provider has for another order', async () => {
      const order = await stage.paid();
      const metadata = { order_id: `ord_${'d'.repeat(32)}` };
      await stage.provider.stripe.paymentIntents.update(order.paymentIntentId, { metadata });
      const [found] = await stage.finds('payment_order_differs');
      assert.deepEqual(
        [found?.orderId, found?.ids['paymentIntentId']],
        [order.orderId, order.paymentIntentId],
      );
    });

    it('finds a payment that the provider does not know', async () => {
      const order = await stage.paid();
      await stage.sql(`update payments set payment_intent_id = 'pi_lost' where order_id = $1`, [
        order.orderId,
      ]);
      const [lost, found, twice] = await stage.finds(
        ...['payment_not_at_provider', 'payment_unknown_here', 'charged_twice'],
      );
      assert.deepEqual(lost?.ids, { paymentIntentId: 'pi_lost' });
      assert.deepEqual(found?.ids, { paymentIntentId: order.paymentIntentId });
      assert.equal(twice?.orderId, order.orderId);
    });

    it('finds a second charge, and not one that has gone back', async () => {
      const order = await stage.paid();
      const second = await stage.provider.stripe.paymentIntents.create({
        ...{ amount: 1_000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true },
        metadata: { order_id: order.orderId, attempt: '2' },
      });
      const [twice] = await stage.finds('charged_twice', 'payment_unknown_here');
      assert.ok(twice?.ids['paymentIntentIds']?.includes(second.id));
      await stage.provider.payments.refund({
        ...{ orderId: order.orderId, paymentIntentId: second.id, amount: 1_000 },
      });
      const late = { orderId: order.orderId, paymentIntentId: second.id, captured: 1_000, refunded: 1_000 };
      await stage.shop.ledger.recordLatePayment([late]);
      await stage.finds();
    });

    it('finds money taken for an order that does not exist', async () => {
      const orderId = `ord_${'e'.repeat(32)}`;
      const outcome = await stage.provider.payments.charge({
        ...{ orderId, placedAt: new Date().toISOString(), attempt: 1, amount: 500, currency: 'EUR' },
        ...{ triedBefore: false, paymentMethod: 'pm_card_visa' },
      });
      const [found] = await stage.finds('payment_without_order');
      assert.equal(found?.orderId, orderId);
      assert.ok('paymentIntentId' in outcome && outcome.paymentIntentId === found.ids['paymentIntentId']);
    });

    it('finds a payment of a failed order that could still succeed', async () => {
      const order = await stage.failed();
      const { id } = await stage.provider.stripe.paymentIntents.create({
        ...{
          amount: 1_000,
          currency: 'eur',
          payment_method: 'pm_card_authenticationRequired',
          confirm: true,
        },
        metadata: { order_id: order.orderId },
      });
      const [found] = await stage.finds('payment_could_succeed');
      assert.deepEqual([found?.orderId, found?.ids], [order.orderId, { paymentIntentId: id }]);
    });

    it('finds a refund that the provider has not made', async () => {
      const order = await stage.paid();
      const refundId = `${order.orderId}/refund/1`;
      await stage.shop.ledger.beginRefund([
        { refundId, orderId: order.orderId, amount: 100, requestHash: 'x' },
      ]);
      await stage.shop.ledger.finishRefund([{ refundId, orderId: order.orderId, status: 'succeeded' }]);
      await stage.mailed(order.orderId, ['refunded']);
      const [found] = await stage.finds('refund_not_at_provider', 'refunded_differs');
      assert.equal(found?.ids['refundId'], refundId);
    });

    it('finds a refund that the bank has sent back, until an operator has it', async () => {
      const order = await stage.paid();
      const refundId = await stage.refunded(order, 300);
      const [made] = (await stage.provider.stripe.refunds.list({ payment_intent: order.paymentIntentId }))
        .data;
      await stage.provider.post(`/refunds/${made?.id}/fail`);
      const [found] = await stage.finds('refund_not_at_provider', 'refunded_differs');
      assert.equal(found?.ids['refundId'], refundId);
      stage.runs({
        orderId: order.orderId,
        workflowId: `order/${order.orderId}/returned-refund/${made?.id}`,
      });
      await stage.finds();
      stage.workflows.length = 0;
      await stage.sql(`update payments set settled_by_hand = 'resolve' where order_id = $1`, [order.orderId]);
      await stage.finds();
    });

    it('finds a refund of another amount', async () => {
      const order = await stage.paid();
      const refundId = await stage.refunded(order, 300);
      await stage.sql(`update refunds set amount = 200 where order_id = $1`, [order.orderId]);
      await stage.sql(`update payments set refunded = 200 where order_id = $1`, [order.orderId]);
      const [found] = await stage.finds('refund_amount_differs', 'refunded_differs');
      assert.equal(found?.ids['refundId'], refundId);
    });

    it('finds a refund that our books do not have', async () => {
      const byHand = await stage.paid();
      const { id } = await refund(byHand, 250);
      const [found] = await stage.finds('refund_unknown_here', 'refunded_differs');
      assert.equal(found?.orderId, byHand.orderId);
      assert.deepEqual(found.ids, { providerRefundId: id, paymentIntentId: byHand.paymentIntentId });
    });
  });

  describe('while orders go on', () => {
    it('does not report what is right when it is looked at again', async () => {
      const order = await stage.reserved();
      setTimeout(() => {
        stage.runs(order);
      }, 100);
      const slow = await stage.audit(undefined, undefined, [300]);
      assert.deepEqual(slow.differences, []);
    });
  });

  it('counts what it cannot show, and lets no rule crowd out another', async () => {
    const order = await stage.paid();
    await stage.sql(
      `insert into orders (order_id, client_id, request_hash, status, currency, total, lines, customer_email,
                           payment_method, created_at)
       select 'ord_' || lpad(n::text, 32, '0'), 'c', 'h', 'placed', 'EUR', 0, '[]', 'x@example.com', 'pm_x', now()
         from generate_series(1, 1500) n`,
    );
    await stage.sql(`delete from mails where order_id = $1 and kind = 'paid'`, [order.orderId]);
    const { differenceCount, differences } = await stage.audit();
    assert.equal(differenceCount, 3_001);
    assert.equal(differences.length, 1_000);
    assert.ok(differences.some(({ rule }) => rule === 'mail_missing'));
  });
});
