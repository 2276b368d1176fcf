import assert from 'node:assert/strict';
import { createOrderClaims, type OrderClaims } from '../../src/adapters/postgres/order-claims.ts';
import type { CheckoutOrder, ReservationRequest } from '../../src/contracts/temporal/checkout.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

describe('claims of orders', function () {
  this.timeout(120_000);
  let shop: Shop;
  let claims: OrderClaims;

  before(async () => {
    shop = await openShop();
    claims = createOrderClaims(shop.pool);
    await shop.catalogue.put('mug-01', { title: 'Mug', unitPrice: 1_000, currency: 'EUR', onHand: 1_000 });
  });
  after(() => shop.close());

  const request = ({ orderId, requestHash }: CheckoutOrder, workflowId: string, from?: string) => ({
    orderId,
    requestHash,
    workflowId,
    ...(from !== undefined && { from }),
  });
  const holders = async (...requests: ReturnType<typeof request>[]) =>
    (await claims.claim(requests)).map(({ workflowId }) => workflowId);
  async function reserve(order: ReservationRequest) {
    const [answer] = await shop.ledger.reserveStock([order]);
    assert(answer);
    return [answer.status, answer.ownedBy];
  }

  it('belong to the first workflow, and are returned to every other one', async () => {
    const order = checkoutOrder();
    assert.deepEqual(await holders(request(order, 'group/1')), ['group/1']);
    assert.deepEqual(await holders(request(order, 'group/2')), ['group/1']);
    assert.deepEqual(await holders(request(order, 'group/1')), ['group/1']);
    const [holder] = await claims.claim([request({ ...order, requestHash: 'other' }, 'group/1')]);
    assert.equal(holder?.requestHash, order.requestHash);
    assert.equal(await claims.workflowOf(order.orderId), 'group/1');
    assert.equal(await claims.workflowOf('ord_none'), undefined);
    assert.equal(await claims.requestHashOf(order.orderId), order.requestHash);
    assert.equal(await claims.requestHashOf('ord_none'), undefined);
  });

  it('give each order to one workflow, however many groups claim the same orders concurrently in any order', async () => {
    const orders = Array.from({ length: 30 }, () => checkoutOrder());
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        claims.claim(
          [...orders.slice(n * 3), ...orders.slice(0, n * 3)].map((order) => request(order, `group/${n}`)),
        ),
      ),
    );
    const all = answers.flat();
    for (const { orderId } of orders)
      assert.equal(
        new Set(all.filter((each) => each.orderId === orderId).map((each) => each.workflowId)).size,
        1,
      );
  });

  it('are taken over once from a workflow that was never started', async () => {
    const order = checkoutOrder();
    await holders(request(order, 'group/dead'));
    const winners = await Promise.all([
      holders(request(order, 'group/a', 'group/dead')),
      holders(request(order, 'group/b', 'group/dead')),
    ]);
    assert.equal(new Set(winners.flat()).size, 1);
    const other = { ...order, requestHash: 'other' };
    assert.deepEqual(await holders(request(other, 'group/c', winners.flat()[0])), winners[0]);
  });

  it('let only the claiming workflow reserve an order', async () => {
    const order = checkoutOrder();
    await holders(request(order, 'group/late'));
    await holders(request(order, 'group/new', 'group/late'));
    assert.deepEqual(await reserve({ ...order, workflowId: 'group/late' }), ['placed', 'group/new']);
    assert.deepEqual(await reserve({ ...order, workflowId: 'group/new' }), ['reserved', undefined]);
    assert.deepEqual(await reserve({ ...order, workflowId: 'group/new' }), ['reserved', undefined]);
    assert.deepEqual(await reserve({ ...order, workflowId: 'group/late' }), ['reserved', 'group/new']);
    assert.deepEqual(await reserve(order), ['reserved', 'group/new']);
  });

  it("pass to an order's own workflow when it leaves its group, reserved or not", async () => {
    for (const reservedBefore of [true, false]) {
      const order = checkoutOrder();
      await holders(request(order, 'group/1'));
      if (reservedBefore) await reserve({ ...order, workflowId: 'group/1' });
      for (let time = 0; time < 2; time += 1)
        assert.deepEqual(await reserve({ ...order, from: 'group/1' }), ['reserved', undefined]);
      assert.deepEqual(await reserve({ ...order, workflowId: 'group/1' }), [
        'reserved',
        `order/${order.orderId}`,
      ]);
    }
  });

  it('are not needed to reserve an order, and belong to its own workflow then', async () => {
    const order = checkoutOrder();
    assert.deepEqual(await reserve(order), ['reserved', undefined]);
    assert.deepEqual(await holders(request(order, 'group/1')), [`order/${order.orderId}`]);
  });
});
