import assert from 'node:assert/strict';
import type { ResolvedStep, ParkedStep } from '../../src/contracts/temporal/operations.ts';
import { eventsOf, paidOrder, reservedOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('books of parked steps', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
  });
  after(() => shop.close());

  const place = (orderId: string, step = 'refundPayment') => ({
    orderId,
    workflowId: `order/${orderId}`,
    step,
  });
  const park = (orderId: string, changes: Partial<ParkedStep> = {}) =>
    shop.ledger.parkStep([
      { ...place(orderId), reason: 'RefundRefused: no', attempts: 1, actions: ['retry', 'skip'], ...changes },
    ]);
  const attend = (orderId: string, action: ResolvedStep['action'], changes: Partial<ResolvedStep> = {}) =>
    shop.ledger.resolveStep([{ ...place(orderId), action, ...changes }]);
  const attentionEvents = async (orderId: string) =>
    (await eventsOf(shop, orderId)).filter((type) => type.startsWith('attention_'));

  it('show what waits for an operator, and say so once, however often it is said', async () => {
    const { orderId } = await paidOrder(shop);
    await Promise.all([1, 2, 3].map(() => park(orderId)));
    await park(orderId, { attempts: 7, reason: 'PaymentUnknown' });
    const { attention } = await viewOf(shop, orderId);
    assert.deepEqual(
      { ...attention, since: undefined },
      {
        step: 'refundPayment',
        reason: 'PaymentUnknown',
        attempts: 7,
        actions: ['retry', 'skip'],
        since: undefined,
      },
    );
    assert.match(attention?.since ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(await attentionEvents(orderId), ['attention_raised']);
  });

  it('keep a step parked that is only tried again, until it has succeeded', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    await attend(orderId, 'retry', { note: 'once more' });
    assert.equal((await viewOf(shop, orderId)).attention?.step, 'refundPayment');
    await attend(orderId, 'success');
    await attend(orderId, 'success');
    assert.equal((await viewOf(shop, orderId)).attention, null);
    assert.deepEqual(await attentionEvents(orderId), [
      'attention_raised',
      'attention_retry',
      'attention_cleared',
    ]);
    const raised = (await shop.reader.events(orderId)).find(({ type }) => type.includes('attention_retry'));
    assert.deepEqual(raised?.data['attention'], { step: 'refundPayment', note: 'once more' });
  });

  for (const action of ['skip', 'resolve'] as const) {
    it(`forget a step that is left out by ${action}`, async () => {
      const { orderId } = await paidOrder(shop);
      await park(orderId);
      await attend(orderId, action);
      await attend(orderId, 'success');
      assert.equal((await viewOf(shop, orderId)).attention, null);
      assert.deepEqual(await attentionEvents(orderId), ['attention_raised', `attention_${action}`]);
    });
  }

  it('say nothing of a step that was never parked, nor of an order that is not known', async () => {
    const { orderId } = await paidOrder(shop);
    await attend(orderId, 'success');
    await attend(orderId, 'retry');
    await park('ord_none');
    assert.deepEqual(await attentionEvents(orderId), []);
  });

  it('show the one that waits longest of several, by run and by step', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    await park(orderId, { step: 'notify paid' });
    await park(orderId, { workflowId: `order/${orderId}/refunds/1` });
    assert.equal((await shop.reader.parked(orderId)).length, 3);
    await attend(orderId, 'success');
    const { attention } = await viewOf(shop, orderId);
    assert.equal(attention?.step, 'notify paid');
    assert.equal((await shop.reader.parked(orderId)).length, 2);
  });

  it('number the events of an order without a gap, whatever comes at once', async () => {
    const { orderId } = await paidOrder(shop);
    const steps = Array.from({ length: 15 }, (_, index) => `step ${index}`);
    await Promise.all(
      steps.flatMap((step) => [
        park(orderId, { step }),
        attend(orderId, 'retry', { step }),
        shop.ledger.beginRefund([
          { refundId: `${orderId}/refunds/${step}`, orderId, amount: 10, requestHash: 'a' },
        ]),
      ]),
    );
    assert.ok((await eventsOf(shop, orderId)).length >= 30);
  });

  it('take down what is known of the money while its undo waits, and of an ended order nothing', async () => {
    const { orderId } = await reservedOrder(shop);
    const payment = {
      attempt: 1,
      status: 'succeeded',
      paymentIntentId: `pi_${orderId}`,
      captured: 1_000,
    } as const;
    await park(orderId, { payment });
    const { payment: known } = await viewOf(shop, orderId);
    assert.deepEqual([known.status, known.captured], ['succeeded', 1_000]);

    const { orderId: paid } = await paidOrder(shop);
    await park(paid, { payment: { ...payment, paymentIntentId: 'pi_other', captured: 5 } });
    assert.equal((await viewOf(shop, paid)).payment.captured, 1_000);
  });
});
