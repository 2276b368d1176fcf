import assert from 'node:assert/strict';
import fc from 'fast-check';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import { callFunction } from '../../src/adapters/postgres/pool.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';

const ADDRESS = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };

const SKUS = ['a', 'b'] as const;
const LOCATIONS = ['default', 'east'] as const;

const sku = fc.constantFrom(...SKUS);
const location = fc.constantFrom(...LOCATIONS);
const pieces = fc.integer({ min: 1, max: 4 });
/** The number of one of the orders that were placed so far. */
const which = fc.nat(7);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      a: fc.nat(4),
      b: fc.nat(4),
      ships: fc.boolean(),
      allocation: fc.constantFrom('location_order' as const, 'most_stock' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pay' as const), which }) },
  fc.record({ do: fc.constant('release' as const), which }),
  fc.record({ do: fc.constant('cancel' as const), which }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('put' as const), sku, location, onHand: fc.nat(8) }) },
  fc.record({ do: fc.constant('receive' as const), sku, location, pieces }),
  fc.record({ do: fc.constant('damage' as const), sku, location }),
  { weight: 2, arbitrary: fc.record({ do: fc.constant('ship' as const), which, pieces }) },
  fc.record({ do: fc.constant('cancelPieces' as const), which, sku, pieces }),
  fc.record({ do: fc.constant('allocateShorts' as const), which }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('stock by location', function () {
  this.timeout(120_000);
  let shop: Shop;

  before(async () => {
    shop = await openShop();
    await shop.pool.query(`insert into locations (location_id, name) values ('east', 'East')`);
  });
  after(() => shop.close());

  const query = async <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
    (await shop.pool.query<T>(text, values)).rows;
  const put = (item: string, onHand: number, at = 'default') =>
    shop.catalogue.put(item, { title: item, unitPrice: 100, currency: 'EUR', onHand, location: at });
  const move = async (...moves: object[]): Promise<string[]> => {
    const text = 'select move_stock($1::jsonb) as orders';
    return (await query<{ orders: string[] }>(text, [JSON.stringify(moves)]))[0]?.orders ?? [];
  };

  const pay = (orderId: string) =>
    shop.ledger.confirmOrder([
      {
        orderId,
        payment: { attempt: 1, status: 'succeeded', paymentIntentId: `pi_${orderId}`, captured: 1 },
      },
    ]);

  async function cancel(orderId: string): Promise<void> {
    const [begun] = await shop.ledger.beginCancellation([{ orderId, reason: 'test' }]);
    if (begun?.outcome === 'begun')
      await shop.ledger.finishCancellation([{ orderId, reason: 'test', refund: 'succeeded' }]);
  }

  const reservationsOf = (orderId: string) =>
    query<{
      sku: string;
      location_id: string;
      quantity: number;
      short: number;
      shipped: number;
      state: string;
    }>(
      `select sku, location_id, quantity, short, shipped, state from reservations where order_id = $1 order by 1, 2`,
      [orderId],
    );

  async function ship(orderId: string, wanted: number): Promise<void> {
    const reserved = (await reservationsOf(orderId)).filter(({ state }) => state === 'committed');
    const shipped = reserved.flatMap((each) => {
      const quantity = Math.min(wanted, each.quantity - each.short - each.shipped);
      return quantity > 0 ? [{ orderId, sku: each.sku, location: each.location_id, quantity }] : [];
    });
    if (shipped.length > 0) await query('select ship_reserved($1::jsonb)', [JSON.stringify(shipped)]);
  }

  async function cancelPieces(orderId: string, item: string, wanted: number): Promise<number> {
    const left = (await reservationsOf(orderId))
      .filter((each) => each.state === 'committed' && each.sku === item)
      .reduce((sum, each) => sum + each.quantity - each.shipped, 0);
    const quantity = Math.min(wanted, left);
    if (quantity > 0)
      await query('select release_reserved($1::jsonb)', [JSON.stringify([{ orderId, sku: item, quantity }])]);
    return quantity;
  }

  /** The violations of the audit's rules of stock. Its rules of orders read tables that other functions write. */
  async function violations(): Promise<unknown[]> {
    const found: unknown[] = [];
    for (const { code, sql } of STOCK_RULES.filter(({ code }) => code.startsWith('stock_')))
      found.push(...(await query(sql)).map((row) => [code, row]));
    return found;
  }

  it('adds up, is never negative, and is the sum of its movements, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        await shop.pool.query(
          'truncate stock_movements, reservations, stock_levels, stock_items, orders cascade',
        );
        for (const item of SKUS) for (const at of LOCATIONS) await put(item, 5, at);
        const orders: string[] = [];
        for (const each of steps) {
          await run(each, orders);
          assert.deepEqual(await violations(), [], JSON.stringify(each));
        }
      }),
      { numRuns: 60 },
    );
  });

  async function run(each: Step, orders: string[]): Promise<void> {
    if (each.do === 'reserve') {
      const lines = SKUS.flatMap((item) => (each[item] > 0 ? [{ sku: item, quantity: each[item] }] : []));
      if (lines.length === 0) return;
      const order = checkoutOrder({ lines, ...(each.ships && { shipping: ADDRESS }) });
      await callFunction(shop.pool, 'reserve_stock', [{ ...order, allocation: each.allocation }]);
      orders.push(order.orderId);
    } else if (each.do === 'put') {
      await put(each.sku, each.onHand, each.location);
      const [level] = await query<{ on_hand: number }>(
        'select on_hand from stock_levels where sku = $1 and location_id = $2',
        [each.sku, each.location],
      );
      assert.equal(level?.on_hand, each.onHand, 'is physically there, as counted');
    } else if (each.do === 'receive') {
      await move({ sku: each.sku, location: each.location, kind: 'received', available: each.pieces });
    } else if (each.do === 'damage') {
      const [level] = await query<{ available: number }>(
        'select available from stock_levels where sku = $1 and location_id = $2',
        [each.sku, each.location],
      );
      if (level && level.available > 0)
        await move({
          sku: each.sku,
          location: each.location,
          kind: 'adjusted',
          available: -1,
          unavailable: 1,
        });
    } else {
      const orderId = orders[each.which];
      if (orderId === undefined) return;
      if (each.do === 'pay') await pay(orderId);
      else if (each.do === 'release')
        await shop.ledger.releaseStock([{ orderId, status: 'expired', reason: 'expired' }]);
      else if (each.do === 'cancel') await cancel(orderId);
      else if (each.do === 'ship') await ship(orderId, each.pieces);
      else if (each.do === 'cancelPieces') await cancelPieces(orderId, each.sku, each.pieces);
      else await query('select allocate_shorts(array[$1])', [orderId]);
    }
  }
});
