import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import {
  createStockCounts,
  type LocatedRow,
  type StockCounts,
} from '../../src/adapters/postgres/stock-counts.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { shippingShop, type ShippingShop } from '../support/shipments.ts';
import { brokenRules } from '../support/broken-rules.ts';

/** A parcel that has left, and is not reported yet. */
interface Parcel {
  orderId: string;
  quantity: number;
  handedOverAt: string;
}

describe('hand-overs that are reported after a count', function () {
  this.timeout(120_000);
  let shop: Shop;
  let ship: ShippingShop;
  let counts: StockCounts;
  let sequence = 0;
  let parcels = 0;

  before(async () => {
    shop = await openShop();
    ship = shippingShop(shop);
    counts = createStockCounts(shop.pool);
  });
  after(() => shop.close());

  /** A time after everything so far and before everything that follows. */
  async function moment(): Promise<string> {
    await delay(3);
    const time = new Date().toISOString();
    await delay(3);
    return time;
  }

  async function apply(
    sku: string,
    kind: LocatedRow['kind'],
    quantity: number,
    asOf?: string,
  ): Promise<void> {
    sequence += 1;
    const row = { source: `wms-${sequence}`, location: 'default', sku, kind, quantity, sequence: 1 };
    const { results } = await counts.apply([{ ...row, ...(asOf !== undefined && { asOf }) }]);
    assert.ok(['applied', 'stale'].includes(results[0]?.status ?? ''), JSON.stringify(results));
  }

  async function report({ orderId, quantity, handedOverAt }: Parcel): Promise<void> {
    parcels += 1;
    const shipmentId = await ship.report(orderId, `parcel-${parcels}`, [{ line: 1, quantity }], {
      handedOverAt,
    });
    assert.match(shipmentId, /^shp_/);
  }

  const put = (sku: string, onHand: number) =>
    shop.catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand });

  async function countsOf(sku: string): Promise<{ onHand: number; available: number; committed: number }> {
    const { available, held, committed } = await ship.level(sku);
    return { onHand: available + held + committed, available, committed };
  }

  /** What the audit's rules of stock find. Its rules of orders read tables that other functions write. */
  const violations = (): Promise<unknown[]> =>
    brokenRules(
      shop.pool,
      STOCK_RULES.filter(({ code }) => code.startsWith('stock_')),
    );

  it('take nothing that the count lacks already', async () => {
    const sku = await shop.item(10);
    const orderId = await ship.order([{ sku, quantity: 2 }]);
    const handedOverAt = await moment();
    await apply(sku, 'physical', 8, await moment());
    assert.deepEqual(await countsOf(sku), { onHand: 8, available: 6, committed: 2 });
    await report({ orderId, quantity: 2, handedOverAt });
    assert.deepEqual(await countsOf(sku), { onHand: 8, available: 8, committed: 0 });
    assert.deepEqual(await violations(), []);
  });

  it('take their pieces where they left after the count, or where the time is not known', async () => {
    const sku = await shop.item(10);
    const [one, two] = [await ship.order([{ sku, quantity: 2 }]), await ship.order([{ sku, quantity: 3 }])];
    await apply(sku, 'physical', 10, await moment());
    await report({ orderId: one, quantity: 2, handedOverAt: await moment() });
    await ship.report(two, 'unknown', [{ line: 1, quantity: 3 }]);
    assert.deepEqual(await countsOf(sku), { onHand: 5, available: 5, committed: 0 });
  });

  it('give the pieces that the count had taken to the orders that it has made short', async () => {
    const sku = await shop.item(4);
    const [left, waiting] = [
      await ship.order([{ sku, quantity: 2 }]),
      await ship.order([{ sku, quantity: 2 }]),
    ];
    const handedOverAt = await moment();
    await apply(sku, 'physical', 2, await moment());
    assert.deepEqual((await ship.plan(waiting)).short, [{ sku, location: 'default', quantity: 2 }]);
    await report({ orderId: left, quantity: 2, handedOverAt });
    assert.deepEqual((await ship.plan(waiting)).short, []);
    assert.deepEqual(await countsOf(sku), { onHand: 2, available: 0, committed: 2 });
  });

  it('take their pieces where it was reported since what can be sold', async () => {
    const sku = await shop.item(10);
    const orderId = await ship.order([{ sku, quantity: 2 }]);
    const handedOverAt = await moment();
    await apply(sku, 'physical', 8, await moment());
    await apply(sku, 'sellable', 8);
    await report({ orderId, quantity: 2, handedOverAt });
    assert.deepEqual(await countsOf(sku), { onHand: 8, available: 8, committed: 0 });
  });

  it('take nothing that `PUT /v1/stock/{sku}` has counted; a repeated number is no count', async () => {
    const [counted, repeated] = [await shop.item(10), await shop.item(10)];
    const orders = [
      await ship.order([{ sku: counted, quantity: 2 }]),
      await ship.order([{ sku: repeated, quantity: 2 }]),
    ];
    const handedOverAt = await moment();
    await put(counted, 8);
    await put(repeated, 10);
    for (const orderId of orders) await report({ orderId, quantity: 2, handedOverAt });
    assert.equal((await countsOf(counted)).onHand, 8);
    assert.equal((await countsOf(repeated)).onHand, 8);
  });

  it('by a clock that is wrong: pieces left neither before the payment nor in the future', async () => {
    const sku = await shop.item(10);
    await apply(sku, 'physical', 10, await moment());
    const [slow, fast] = [await ship.order([{ sku, quantity: 2 }]), await ship.order([{ sku, quantity: 3 }])];
    await report({ orderId: slow, quantity: 2, handedOverAt: '2020-01-01T00:00:00Z' });
    assert.equal((await countsOf(sku)).onHand, 8);
    await report({ orderId: fast, quantity: 3, handedOverAt: new Date(Date.now() + 240_000).toISOString() });
    await apply(sku, 'physical', 5, await moment());
    assert.equal((await countsOf(sku)).onHand, 5);
  });

  it('whatever is handed over, arrives and is counted, in whichever order the reports come: the counts end as what is there', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('order' as const), quantity: fc.integer({ min: 1, max: 4 }) }),
      fc.record({
        do: fc.constant('hand over' as const),
        which: fc.nat(4),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
      fc.record({ do: fc.constant('arrive' as const), quantity: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant('count' as const) }),
      fc.record({ do: fc.constant('report' as const), which: fc.nat(6) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 30 }),
        fc.boolean(),
        async (steps, backwards) => {
          const sku = await shop.item(12);
          /** What is physically there, and what paid orders wait for. */
          let there = 12;
          const orders: { orderId: string; left: number }[] = [];
          const unreported: (() => Promise<void>)[] = [];
          for (const each of steps) {
            switch (each.do) {
              case 'order':
                if ((await ship.level(sku)).available < each.quantity) continue;
                orders.push({
                  orderId: await ship.order([{ sku, quantity: each.quantity }]),
                  left: each.quantity,
                });
                break;
              case 'hand over': {
                const order = orders[each.which];
                const quantity = Math.min(each.quantity, order?.left ?? 0);
                if (!order || quantity === 0) continue;
                order.left -= quantity;
                there -= quantity;
                const parcel = { orderId: order.orderId, quantity, handedOverAt: await moment() };
                unreported.push(() => report(parcel));
                break;
              }
              case 'arrive': {
                there += each.quantity;
                const asOf = await moment();
                unreported.push(() => apply(sku, 'delta', each.quantity, asOf));
                break;
              }
              case 'count': {
                const [counted, asOf] = [there, await moment()];
                unreported.push(() => apply(sku, 'physical', counted, asOf));
                break;
              }
              case 'report':
                await unreported.splice(each.which, 1)[0]?.();
            }
          }
          assert.deepEqual(await violations(), []);
          for (const late of backwards ? unreported.reverse() : unreported) await late();
          assert.deepEqual(await violations(), []);
          const waiting = orders.reduce((sum, { left }) => sum + left, 0);
          assert.deepEqual(await countsOf(sku), {
            onHand: there,
            available: there - waiting,
            committed: waiting,
          });
          assert.equal((await ship.level(sku)).oversold, 0);
        },
      ),
      { numRuns: 40 },
    );
  });
});
