import assert from 'node:assert/strict';
import type { ResolvedStep, ParkedStep } from '../../src/contracts/temporal/operations.ts';
import { eventsOf, paidOrder, reservedOrder, viewOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('parked steps in the ledger', function () {
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
  const resolve = (orderId: string, action: ResolvedStep['action'], changes: Partial<ResolvedStep> = {}) =>
    shop.ledger.resolveStep([{ ...place(orderId), action, ...changes }]);
  const attentionEvents = async (orderId: string) =>
    (await eventsOf(shop, orderId)).filter((type) => type.startsWith('attention_'));

  it('are shown to operators, and write one event, however often they are parked', async () => {
    const { orderId } = await paidOrder(shop);
    await Promise.all([1, 2, 3].map(() => park(orderId)));
    await park(orderId, { attempts: 7, reason: 'PaymentUnknown', actions: ['retry'] });
    const { attention } = await viewOf(shop, orderId);
    assert.deepEqual(
      { ...attention, since: undefined },
      {
        step: 'refundPayment',
        reason: 'PaymentUnknown',
        attempts: 7,
        actions: ['retry'],
        since: undefined,
      },
    );
    assert.match(attention?.since ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(await attentionEvents(orderId), ['attention_raised']);
  });

  it('stay parked while they are retried, until they have succeeded', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    await resolve(orderId, 'retry', { note: 'once more' });
    assert.equal((await viewOf(shop, orderId)).attention?.step, 'refundPayment');
    await resolve(orderId, 'success');
    await resolve(orderId, 'success');
    assert.equal((await viewOf(shop, orderId)).attention, null);
    assert.deepEqual(await attentionEvents(orderId), [
      'attention_raised',
      'attention_retry',
      'attention_cleared',
    ]);
    const raised = (await shop.reader.events(orderId)).find(({ type }) => type.includes('attention_retry'));
    assert.deepEqual(raised?.data['attention'], { step: 'refundPayment', note: 'once more' });
  });

  it('have one event of a retry that is recorded twice, and one more of the next', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    for (const actionId of ['retry/1', 'retry/1', 'retry/2'])
      await resolve(orderId, 'retry', { note: 'once more', actionId });
    await resolve(orderId, 'retry');
    await resolve(orderId, 'retry');
    assert.deepEqual(await attentionEvents(orderId), [
      'attention_raised',
      ...Array.from({ length: 4 }, () => 'attention_retry'),
    ]);
  });

  for (const action of ['skip', 'resolve'] as const) {
    it(`are removed by ${action}`, async () => {
      const { orderId } = await paidOrder(shop);
      await park(orderId);
      await resolve(orderId, action);
      await resolve(orderId, 'success');
      assert.equal((await viewOf(shop, orderId)).attention, null);
      assert.deepEqual(await attentionEvents(orderId), ['attention_raised', `attention_${action}`]);
    });
  }

  it('write no event for a step that was not parked, or for an unknown order', async () => {
    const { orderId } = await paidOrder(shop);
    await resolve(orderId, 'success');
    await resolve(orderId, 'retry');
    await park('ord_none');
    assert.deepEqual(await attentionEvents(orderId), []);
  });

  it('show the oldest of several, by workflow and by step', async () => {
    const { orderId } = await paidOrder(shop);
    await park(orderId);
    await park(orderId, { step: 'notify paid' });
    await park(orderId, { workflowId: `order/${orderId}/refunds/1` });
    assert.equal((await shop.reader.parked(orderId)).length, 3);
    await resolve(orderId, 'success');
    const { attention } = await viewOf(shop, orderId);
    assert.equal(attention?.step, 'notify paid');
    assert.equal((await shop.reader.parked(orderId)).length, 2);
  });

  it('number the events of an order without a gap, whatever happens concurrently', async () => {
    const { orderId } = await paidOrder(shop);
    const steps = Array.from({ length: 15 }, (_, index) => `step ${index}`);
    await Promise.all(
      steps.flatMap((step) => [
        park(orderId, { step }),
        resolve(orderId, 'retry', { step }),
        shop.ledger.beginRefund([
          { refundId: `${orderId}/refunds/${step}`, orderId, amount: 10, requestHash: 'a' },
        ]),
      ]),
    );
    assert.ok((await eventsOf(shop, orderId)).length >= 30);
  });

  it('record the payment whose undo waits, but not for an ended order', async () => {
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
