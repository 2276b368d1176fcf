import assert from 'node:assert/strict';
import { createGroupActivities } from '../../src/activities/group.ts';
import { batchedLedger } from '../../src/adapters/postgres/batched-ledger.ts';
import type { GroupActivities } from '../../src/contracts/temporal/activities.ts';
import type { ChargeRequest, CheckoutOrder } from '../../src/contracts/temporal/checkout.ts';
import { runActivity } from '../support/activity-runs.ts';
import { chargeRequest } from '../support/charges.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { openProvider, type Provider } from '../support/provider.ts';

const CARD = 'pm_card_visa';
const DECLINED = 'pm_card_chargeDeclined';

describe('settleCharges', function () {
  this.timeout(60_000);
  let shop: Shop;
  let provider: Provider;
  let activities: GroupActivities;

  before(async () => {
    shop = await openShop();
    provider = await openProvider({ requestTimeoutMs: 3_000 });
    activities = createGroupActivities(batchedLedger(shop.ledger), provider.payments);
  });
  after(async () => {
    await provider.close();
    await shop.close();
  });

  /** Reserves orders, as a group does before it charges them. */
  async function reserved(...methods: string[]): Promise<ChargeRequest[]> {
    const sku = await shop.item(99);
    const orders: CheckoutOrder[] = methods.map((method) =>
      checkoutOrder({ lines: [line(sku)], payment: { method } }),
    );
    const answers = await shop.ledger.reserveStock(orders);
    return answers.map(({ orderId, total, currency }, n) =>
      chargeRequest({ orderId, amount: total, currency, paymentMethod: methods[n] ?? CARD }),
    );
  }

  const settle = (charges: ChargeRequest[], attempt = 1) =>
    runActivity(activities, 'settleCharges', [charges], attempt);
  const statusesOf = (charges: readonly ChargeRequest[]) =>
    Promise.all(charges.map(async ({ orderId }) => (await shop.reader.find(orderId))?.view.status));

  it('records each outcome by itself', async () => {
    const charges = await reserved(CARD, DECLINED, CARD);
    const answers = await settle(charges);
    const ends = ['paid', 'payment_failed', 'paid'];
    assert.deepEqual(
      answers.map(({ status }) => status),
      ends,
    );
    assert.deepEqual(await statusesOf(charges), ends);
  });

  it('voids a declined payment, which could otherwise be paid with another card', async () => {
    const charges = await reserved(DECLINED);
    await settle(charges);
    const [payment] = (await provider.stripe.paymentIntents.list({ limit: 1 })).data;
    assert.equal(payment?.metadata['order_id'], charges[0]?.orderId);
    assert.equal(payment?.status, 'canceled');
  });

  it('leaves an order open when its declined payment cannot be voided', async () => {
    const charges = await reserved(DECLINED);
    await provider.post('/faults', { failNext: 50, failNextWith: 500, only: 'cancel' });
    const [answer] = await settle(charges);
    await provider.post('/faults/reset');
    assert.equal(answer?.status, 'open');
    assert.equal('charge' in answer && answer.charge.status, 'declined');
    assert.deepEqual(await statusesOf(charges), ['reserved']);
  });

  it('does not let an order wait for a slower one, and returns a charge that waits for its customer', async () => {
    const charges = await reserved(CARD, 'pm_sandbox_outage', 'pm_card_authenticationRequired');
    const answers = await settle(charges);
    assert.deepEqual(
      answers.map((answer) => ('charge' in answer ? answer.charge.status : answer.status)),
      ['paid', 'open', 'requires_action'],
    );
    assert.deepEqual(await statusesOf(charges), ['paid', 'reserved', 'reserved']);
  });

  it('charges nothing twice when it runs again after a worker died, whatever was recorded before', async () => {
    const charges = await reserved(CARD, CARD, DECLINED);
    const [first, second] = charges;
    assert(first && second);
    await settle([first]); // charged and recorded
    await provider.payments.charge(second); // charged, and not recorded
    const answers = await settle(charges, 2);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['paid', 'paid', 'payment_failed'],
    );
    for (const { orderId } of [first, second])
      assert.equal((await provider.chargesOf(orderId)).length, 1, orderId);
  });

  it('returns paid for an order that was paid and refunded, when it runs again after a worker died', async () => {
    const charges = await reserved(CARD);
    await settle(charges);
    for (const { orderId, amount } of charges) {
      await shop.ledger.beginRefund([
        { orderId, refundId: `${orderId}/refund/whole`, amount, reason: 'returned', requestHash: 'one' },
      ]);
      await shop.ledger.finishRefund([{ orderId, refundId: `${orderId}/refund/whole`, status: 'succeeded' }]);
    }
    assert.deepEqual(await statusesOf(charges), ['refunded']);
    const answers = await settle(charges, 2);
    assert.deepEqual(
      answers.map(({ status }) => status),
      ['paid'],
    );
  });
});
