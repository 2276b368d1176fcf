import assert from 'node:assert/strict';
import fc from 'fast-check';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import { createLocations } from '../../src/adapters/postgres/locations.ts';
import { callFunction } from '../../src/adapters/postgres/pool.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { brokenRules } from '../support/broken-rules.ts';

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
      const quantity = Math.min(wanted, each.quantity - each.shipped);
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

  /** Reserves an order of these quantities, and returns its id and where each item is allocated. */
  async function reserve(
    quantities: Record<string, number>,
    { ships = true, allocation }: { ships?: boolean; allocation?: 'most_stock' } = {},
  ): Promise<{ orderId: string; status: string; at: Record<string, number> }> {
    const lines = Object.entries(quantities).map(([item, quantity]) => line(item, quantity));
    const order = checkoutOrder({ lines, ...(ships && { shipping: ADDRESS }) });
    const [result] = await shop.ledger.reserveStock([{ ...order, ...(allocation && { allocation }) }]);
    const reserved = await reservationsOf(order.orderId);
    const at = Object.fromEntries(reserved.map((each) => [`${each.sku}@${each.location_id}`, each.quantity]));
    return { orderId: order.orderId, status: result?.status ?? '', at };
  }

  /** The stock of an item at a location. */
  async function level(item: string, at = 'default') {
    const found = (await shop.catalogue.get(item))?.locations.find(({ location: each }) => each === at);
    assert.ok(found);
    const { available, held, committed, unavailable, oversold, sold } = found;
    return { available, held, committed, unavailable, oversold, sold };
  }
  const counts = (changes: Partial<Awaited<ReturnType<typeof level>>>) => ({
    ...{ available: 0, held: 0, committed: 0, unavailable: 0, oversold: 0, sold: 0 },
    ...changes,
  });

  async function stockOf(item: string, onHand: Record<string, number>): Promise<string> {
    for (const [at, count] of Object.entries(onHand)) await put(item, count, at);
    return item;
  }

  describe('allocates an order', () => {
    it('to the first location by priority that has all of it', async () => {
      await stockOf('all-a', { default: 5, east: 5 });
      await stockOf('all-b', { default: 1, east: 5 });
      assert.deepEqual((await reserve({ 'all-a': 2 })).at, { 'all-a@default': 2 });
      assert.deepEqual((await reserve({ 'all-a': 2, 'all-b': 2 })).at, { 'all-a@east': 2, 'all-b@east': 2 });
    });

    it('to several locations where no single one has all of it', async () => {
      const sku = await stockOf('split', { default: 2, east: 4 });
      assert.deepEqual((await reserve({ [sku]: 5 })).at, { 'split@default': 2, 'split@east': 3 });
      assert.deepEqual(await level(sku, 'east'), counts({ available: 1, held: 3 }));
      assert.equal((await reserve({ [sku]: 2 })).status, 'out_of_stock');
    });

    it('to the location with most of it first, by the strategy most_stock', async () => {
      const sku = await stockOf('most', { default: 2, east: 4 });
      const { at } = await reserve({ [sku]: 5 }, { allocation: 'most_stock' });
      assert.deepEqual(at, { 'most@default': 1, 'most@east': 4 });
    });

    it('to active locations only', async () => {
      const sku = await stockOf('inactive', { default: 1, east: 9 });
      const locations = createLocations(shop.pool);
      await locations.put('east', { name: 'East', active: false });
      assert.equal((await reserve({ [sku]: 2 })).status, 'out_of_stock');
      await locations.put('east', { name: 'East' });
      assert.equal((await reserve({ [sku]: 2 })).status, 'reserved');
    });
  });

  it('commits a paid order with an address, which leaves when it is handed over', async () => {
    const sku = await stockOf('leaves', { default: 5 });
    const { orderId } = await reserve({ [sku]: 3 });
    await pay(orderId);
    assert.deepEqual(await level(sku), counts({ available: 2, committed: 3, sold: 3 }));
    await ship(orderId, 1);
    assert.deepEqual(await level(sku), counts({ available: 2, committed: 2, sold: 3 }));
    assert.deepEqual((await reservationsOf(orderId))[0]?.state, 'committed');
    await ship(orderId, 2);
    assert.deepEqual(await level(sku), counts({ available: 2, sold: 3 }));
    assert.deepEqual((await reservationsOf(orderId))[0]?.state, 'consumed');
    await assert.rejects(
      query('select ship_reserved($1::jsonb)', [
        JSON.stringify([{ orderId, sku, location: 'default', quantity: 1 }]),
      ]),
      /does not have 1 pieces of leaves at location default that can be handed over/,
    );
  });

  it('hands over a paid order without an address when it is paid, and takes it back when it is cancelled', async () => {
    const sku = await stockOf('at-once', { default: 5 });
    const { orderId } = await reserve({ [sku]: 3 }, { ships: false });
    await pay(orderId);
    assert.deepEqual(await level(sku), counts({ available: 2, sold: 3 }));
    await cancel(orderId);
    assert.deepEqual(await level(sku), counts({ available: 5 }));
  });

  it('does not cancel an order of which something was handed over', async () => {
    const sku = await stockOf('too-late', { default: 5 });
    const { orderId } = await reserve({ [sku]: 3 });
    await pay(orderId);
    await ship(orderId, 1);
    const [begun] = await shop.ledger.beginCancellation([{ orderId, reason: 'test' }]);
    assert.deepEqual([begun?.outcome, begun?.orderStatus], ['refused', 'paid']);
  });

  describe('where a count finds less than is allocated', () => {
    it('the newest allocations are short, and the pieces that arrive fill the oldest order first', async () => {
      const sku = await stockOf('short', { default: 6 });
      const [first, second, third] = [
        await reserve({ [sku]: 2 }),
        await reserve({ [sku]: 2 }),
        await reserve({ [sku]: 2 }),
      ];
      for (const { orderId } of [first, second]) await pay(orderId);
      await put(sku, 1);
      assert.deepEqual(await level(sku), counts({ committed: 1, oversold: 5, sold: 4 }));
      const shorts = async () => {
        const orders = [first, second, third].map(({ orderId }) => reservationsOf(orderId));
        return (await Promise.all(orders)).map(([reserved]) => reserved?.short);
      };
      assert.deepEqual(await shorts(), [1, 2, 2]);
      const filled = await move({ sku, location: 'default', kind: 'received', available: 2 });
      assert.deepEqual(
        [await shorts(), filled],
        [
          [0, 1, 2],
          [first.orderId, second.orderId],
        ],
      );
      await shop.ledger.releaseStock([{ orderId: third.orderId, status: 'expired', reason: 'expired' }]);
      assert.deepEqual(await level(sku), counts({ committed: 3, oversold: 1, sold: 4 }));
      await put(sku, 9);
      assert.deepEqual(await level(sku), counts({ available: 5, committed: 4, sold: 4 }));
    });

    it('what another order gives back goes to the order that is short', async () => {
      const sku = await stockOf('given-back', { default: 4 });
      const [kept, gone] = [await reserve({ [sku]: 2 }), await reserve({ [sku]: 2 })];
      await pay(kept.orderId);
      await put(sku, 3);
      await shop.ledger.releaseStock([{ orderId: gone.orderId, status: 'expired', reason: 'expired' }]);
      assert.deepEqual(await level(sku), counts({ available: 1, committed: 2, sold: 2 }));
      const late = await reserve({ [sku]: 1 });
      await pay(late.orderId);
      await put(sku, 2);
      await cancel(kept.orderId);
      assert.deepEqual(await level(sku), counts({ available: 1, committed: 1, sold: 1 }));
    });

    it('the pieces can be allocated to another location, or cancelled', async () => {
      const sku = await stockOf('elsewhere', { default: 4 });
      const { orderId } = await reserve({ [sku]: 4 });
      await pay(orderId);
      await put(sku, 1);
      await put(sku, 2, 'east');
      const [{ orders } = {}] = await query<{ orders: string[] }>(
        'select allocate_shorts(array[$1]) as orders',
        [orderId],
      );
      assert.deepEqual(orders, [orderId], 'one piece is still short');
      assert.deepEqual(await level(sku), counts({ committed: 1, oversold: 1, sold: 2 }));
      assert.deepEqual(await level(sku, 'east'), counts({ committed: 2, sold: 2 }));
      await query('select release_reserved($1::jsonb)', [JSON.stringify([{ orderId, sku, quantity: 2 }])]);
      assert.deepEqual(await level(sku), counts({ committed: 1, sold: 1 }));
      assert.deepEqual(await level(sku, 'east'), counts({ available: 1, committed: 1, sold: 1 }));
    });

    it('a piece that was short, and is handed over all the same, was there after all', async () => {
      const sku = await stockOf('found', { default: 3 });
      const { orderId } = await reserve({ [sku]: 3 });
      await pay(orderId);
      await put(sku, 1);
      await ship(orderId, 2);
      assert.deepEqual(await level(sku), counts({ oversold: 1, sold: 3 }));
      await ship(orderId, 1);
      assert.deepEqual(await level(sku), counts({ sold: 3 }));
      assert.deepEqual((await reservationsOf(orderId))[0]?.state, 'consumed');
    });

    it('unavailable pieces are missing last', async () => {
      const sku = await stockOf('damaged', { default: 4 });
      await move({
        sku,
        location: 'default',
        kind: 'adjusted',
        available: -2,
        unavailable: 2,
        reason: 'damaged',
      });
      await pay((await reserve({ [sku]: 1 })).orderId);
      await put(sku, 1);
      assert.deepEqual(await level(sku), counts({ unavailable: 1, oversold: 1, sold: 1 }));
    });
  });

  it('takes over what a process of 0.2 writes to the item', async () => {
    const sku = await stockOf('old-process', { default: 4 });
    await reserve({ [sku]: 1 });
    await query(`update stock_items set on_hand = 10, low_at = 2, sequence = 7 where sku = $1`, [sku]);
    assert.deepEqual(await level(sku), counts({ available: 10, held: 1 }));
    const item = await shop.catalogue.get(sku);
    assert.deepEqual([item?.lowAt, item?.sequence], [2, 7]);
    await query(
      `insert into stock_items (sku, title, unit_price, currency, on_hand, received) values ('old-item', 'Old', 1, 'EUR', 3, 3)`,
    );
    assert.deepEqual(await level('old-item'), counts({ available: 3 }));
  });

  /** What the audit's rules of stock find. Its rules of orders read tables that other functions write. */
  const violations = (): Promise<unknown[]> =>
    brokenRules(
      shop.pool,
      STOCK_RULES.filter(({ code }) => code.startsWith('stock_')),
    );

  it('adds up, is never negative, and is the sum of its movements, whatever happens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await shop.pool.query(
          'truncate stock_movements, reservations, stock_levels, stock_items, orders cascade',
        );
        for (const item of SKUS) for (const at of LOCATIONS) await put(item, 5, at);
        const orders: string[] = [];
        for (const each of steps) await run(each, orders);
        assert.deepEqual(await violations(), []);
      }),
      { numRuns: 40 },
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
