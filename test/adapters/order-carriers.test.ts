import assert from 'node:assert/strict';
import { batchedLedger } from '../../src/adapters/postgres/batched-ledger.ts';
import { createOrderCarriers, type OrderCarriers } from '../../src/adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../../src/adapters/postgres/order-claims.ts';
import type { CheckoutOrder, PaymentRecord } from '../../src/contracts/temporal/checkout.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const PAID: PaymentRecord = { attempt: 1, status: 'succeeded', captured: 1_000 };

describe('the carrier of an order', function () {
  this.timeout(120_000);
  let shop: Shop;
  let carriers: OrderCarriers;

  before(async () => {
    shop = await openShop();
    carriers = createOrderCarriers(shop.pool);
    await shop.catalogue.put('mug-01', { title: 'Mug', unitPrice: 1_000, currency: 'EUR', onHand: 1_000 });
  });
  after(() => shop.close());

  async function reserved(): Promise<CheckoutOrder> {
    const order = checkoutOrder();
    assert.equal((await shop.ledger.reserveStock([order]))[0]?.status, 'reserved');
    return order;
  }
  const first = ({ orderId }: CheckoutOrder) => ({ orderId, workflowId: `order/${orderId}`, epoch: 1 });
  const takeOver = (order: CheckoutOrder) => carriers.takeOver(first(order), 'run_closed');
  async function events({ orderId }: CheckoutOrder): Promise<string[]> {
    const all = await shop.reader.events(orderId);
    return all.map(({ type }) => type.split('.')[3] ?? '');
  }

  it('is the only run whose steps PostgreSQL accepts; a refused step changes nothing', async () => {
    const order = await reserved();
    await takeOver(order);
    const { orderId } = order;
    const { ledger } = shop;
    const before = [await shop.reader.find(orderId), await events(order)];
    const workflowId = `order/${orderId}`;
    const parked = {
      workflowId,
      step: 'chargePayment',
      reason: 'r',
      attempts: 1,
      actions: ['retry' as const],
    };
    for (const old of [{ orderId }, { orderId, epoch: 1 }]) {
      const steps: [string, () => Promise<unknown>][] = [
        ['confirmOrder', () => ledger.confirmOrder([{ ...old, payment: PAID }])],
        ['abandonOrder', () => ledger.abandonOrder([old])],
        ['recordWaiting', () => ledger.recordWaiting([{ ...old, status: 'payment_unknown', payment: PAID }])],
        ['releaseStock', () => ledger.releaseStock([{ ...old, status: 'cancelled', reason: 'r', order }])],
        [
          'recordReview',
          () =>
            ledger.recordReview([
              { ...old, event: 'in_review', status: 'in_review', reasons: [], deadlineMs: 1 },
            ]),
        ],
        ['parkStep', () => ledger.parkStep([{ ...old, ...parked }])],
        ['resolveStep', () => ledger.resolveStep([{ ...old, ...parked, action: 'success' }])],
      ];
      for (const [name, run] of steps) await assert.rejects(run(), { code: '23S03' }, name);
      assert.equal((await ledger.reserveStock([{ ...order, ...old }]))[0]?.ownedBy, workflowId);
    }
    assert.deepEqual([await shop.reader.find(orderId), await events(order)], before);
    assert.equal((await ledger.reserveStock([{ ...order, epoch: 2 }]))[0]?.ownedBy, undefined);
    assert.equal((await ledger.confirmOrder([{ orderId, epoch: 2, payment: PAID }]))[0]?.status, 'paid');
  });

  it('does not refuse the other orders of a statement', async () => {
    const [one, other] = [await reserved(), await reserved()];
    await takeOver(one);
    const batched = batchedLedger(shop.ledger);
    const confirm = ({ orderId }: CheckoutOrder) => batched.confirmOrder([{ orderId, payment: PAID }]);
    // The first call takes the statement, and the others share the next one.
    const busy = confirm(await reserved());
    const [refused, paid] = await Promise.allSettled([confirm(one), confirm(other)]);
    await busy;
    assert.equal(refused.status, 'rejected');
    assert.equal(paid.status === 'fulfilled' && paid.value[0]?.status, 'paid');
  });

  it('does not refuse steps of other workflows of the order, which have no epoch', async () => {
    const order = await reserved();
    await takeOver(order);
    const { orderId } = order;
    const step = { orderId, workflowId: `order/${orderId}/late-payment/pi_1`, step: 'refundPayment' };
    await shop.ledger.parkStep([{ ...step, reason: 'r', attempts: 1, actions: ['retry'] }]);
    await shop.ledger.resolveStep([{ ...step, action: 'success' }]);
    assert.deepEqual((await events(order)).slice(-2), ['attention_raised', 'attention_cleared']);
  });

  it('passes on once, however many find the run gone at the same moment', async () => {
    const order = await reserved();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => takeOver(order)));
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'taken').length, 1);
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'moved').length, 7);
    assert.deepEqual((await events(order)).slice(2), ['restarted']);
  });

  it('passes on before or after a step of the run before, never in the middle of it', async () => {
    for (let n = 0; n < 20; n += 1) {
      const order = await reserved();
      const { orderId } = order;
      const [takeover, confirmed] = await Promise.allSettled([
        takeOver(order),
        shop.ledger.confirmOrder([{ orderId, payment: PAID }]),
      ]);
      assert.equal(takeover.status, 'fulfilled');
      assert.equal(takeover.value.outcome, confirmed.status === 'fulfilled' ? 'decided' : 'taken');
    }
  });

  it('needs no claim: an order that was reserved without one has the first epoch', async () => {
    const order = await reserved();
    const [carrier] = await carriers.find([order.orderId]);
    assert.deepEqual(
      [carrier?.workflowId, carrier?.epoch, carrier?.state],
      [`order/${order.orderId}`, 1, 'undecided'],
    );
    const takeover = await takeOver(order);
    assert.equal(takeover.outcome === 'taken' && takeover.epoch, 2);
    assert.deepEqual(await carriers.find(['ord_none']), []);
  });

  it('learns from its claim that a run before it has accepted to cancel the order, and the first reason of it', async () => {
    const order = await reserved();
    const { orderId } = order;
    await carriers.recordCancelRequest(orderId, 'changed_my_mind');
    await carriers.recordCancelRequest(orderId, 'too_slow');
    const taken = await takeOver(order);
    assert.ok(taken.outcome === 'taken');
    assert.equal(taken.cancelReason, 'changed_my_mind');
    const next = await carriers.takeOver({ ...first(order), epoch: 2 }, 'run_closed');
    assert.equal(next.outcome === 'taken' && next.cancelReason, 'changed_my_mind');

    const unclaimed = await reserved();
    await shop.pool.query('delete from order_claims where order_id = $1', [unclaimed.orderId]);
    await carriers.recordCancelRequest(unclaimed.orderId, 'too_slow');
    const kept = await takeOver(unclaimed);
    assert.equal(kept.outcome === 'taken' && kept.cancelReason, 'too_slow');
  });

  it('has no steps any more that the run before has parked', async () => {
    const order = await reserved();
    const { orderId } = order;
    const step = { orderId, workflowId: `order/${orderId}`, step: 'chargePayment' };
    await shop.ledger.parkStep([{ ...step, reason: 'r', attempts: 1, actions: ['retry'] }]);
    await takeOver(order);
    assert.deepEqual(await shop.reader.parked(orderId), []);
    assert.deepEqual((await events(order)).slice(2), ['attention_raised', 'attention_cleared', 'restarted']);
    // A run that was reset begins in the same way.
    await shop.ledger.parkStep([{ ...step, epoch: 2, reason: 'r', attempts: 1, actions: ['retry'] }]);
    await shop.ledger.reserveStock([{ ...order, epoch: 2 }]);
    assert.deepEqual(await shop.reader.parked(orderId), []);
  });

  it('of an order in a group is the group until the own workflow of the order begins', async () => {
    const claims = createOrderClaims(shop.pool);
    const order = checkoutOrder();
    const { orderId, requestHash } = order;
    await claims.claim([{ orderId, requestHash, workflowId: 'group/1' }]);
    await shop.ledger.reserveStock([{ ...order, workflowId: 'group/1', epoch: 1 }]);
    const [own] = await shop.ledger.reserveStock([{ ...order, from: 'group/1', epoch: 2 }]);
    assert.deepEqual([own?.ownedBy, own?.repeated], [undefined, true]);
    await assert.rejects(shop.ledger.confirmOrder([{ orderId, epoch: 1, payment: PAID }]), { code: '23S03' });
    assert.equal((await shop.ledger.confirmOrder([{ orderId, epoch: 2, payment: PAID }]))[0]?.status, 'paid');
  });

  it('changes with a claim that is taken over, unless the order was reserved by then', async () => {
    const claims = createOrderClaims(shop.pool);
    const order = checkoutOrder();
    const { orderId, requestHash } = order;
    const claim = { orderId, requestHash, workflowId: `order/${orderId}` };
    await claims.claim([claim]);
    const next = { ...claim, workflowId: 'group/2', from: claim.workflowId, fromEpoch: 1 };
    assert.equal((await claims.claim([next]))[0]?.epoch, 2);
    // The start of the first caller arrives late.
    const [late] = await shop.ledger.reserveStock([{ ...order, epoch: 1 }]);
    assert.deepEqual([late?.status, late?.ownedBy], ['placed', 'group/2']);
    await shop.ledger.reserveStock([{ ...order, workflowId: 'group/2', epoch: 2 }]);
    const again = { ...claim, from: 'group/2', fromEpoch: 2 };
    assert.equal((await claims.claim([again]))[0]?.workflowId, 'group/2');
  });
});
