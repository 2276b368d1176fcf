import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import {
  createStockCounts,
  type LocatedRow,
  type StockCounts,
} from '../../src/adapters/postgres/stock-counts.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { brokenRules } from '../support/broken-rules.ts';

const ADDRESS = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };

describe('stock counts', function () {
  this.timeout(120_000);
  let shop: Shop;
  let counts: StockCounts;
  let sequence = 0;

  before(async () => {
    shop = await openShop();
    counts = createStockCounts(shop.pool);
    await shop.pool.query(`insert into locations (location_id, name) values ('east', 'East')`);
  });
  after(() => shop.close());

  const row = (sku: string, changes: Partial<LocatedRow> = {}): LocatedRow => ({
    source: 'wms',
    location: 'default',
    sku,
    kind: 'physical',
    quantity: 0,
    sequence: ++sequence,
    ...changes,
  });

  async function apply(changed: LocatedRow) {
    const [result] = (await counts.apply([changed])).results;
    assert.ok(result);
    return result;
  }

  async function level(sku: string, location = 'default') {
    const item = await shop.catalogue.get(sku);
    const found = item?.locations.find((each) => each.location === location);
    assert.ok(found);
    const { onHand, available, held, committed, oversold } = found;
    return { onHand, available, held, committed, oversold };
  }

  async function reserve(sku: string, quantity = 1, shipping?: typeof ADDRESS): Promise<string> {
    const order = checkoutOrder({ lines: [line(sku, quantity)], ...(shipping && { shipping }) });
    const [result] = await shop.ledger.reserveStock([order]);
    assert.equal(result?.status, 'reserved');
    return order.orderId;
  }

  async function pay(orderId: string): Promise<void> {
    await shop.ledger.confirmOrder([
      {
        orderId,
        payment: { attempt: 1, status: 'succeeded', paymentIntentId: `pi_${orderId}`, captured: 1_000 },
      },
    ]);
  }

  const shortOf = async (orderId: string): Promise<number> =>
    (
      await shop.pool.query<{ short: number }>('select short from reservations where order_id = $1', [
        orderId,
      ])
    ).rows[0]?.short ?? 0;

  /** What the audit's rules of stock find. Its rules of orders read tables that other functions write. */
  const violations = (): Promise<unknown[]> =>
    brokenRules(
      shop.pool,
      STOCK_RULES.filter(({ code }) => code.startsWith('stock_')),
    );

  const movements = async (sku: string): Promise<number> =>
    (
      await shop.pool.query<{ n: number }>('select count(*)::int as n from stock_movements where sku = $1', [
        sku,
      ])
    ).rows[0]?.n ?? 0;

  /** A time after everything so far and before everything that follows. */
  async function moment(): Promise<string> {
    await delay(5);
    const time = new Date().toISOString();
    await delay(5);
    return time;
  }

  it('physical: what orders have is not available', async () => {
    const sku = await shop.item(10);
    await reserve(sku, 2);
    await pay(await reserve(sku, 3, ADDRESS));
    const result = await apply(row(sku, { quantity: 8 }));
    assert.deepEqual([result.status, result.onHand, result.available, result.oversold], ['applied', 8, 3, 0]);
    assert.deepEqual(await level(sku), { onHand: 8, available: 3, held: 2, committed: 3, oversold: 0 });
  });

  it('physical: of a count that is taken before 40 sales and reported after them, nothing is sold twice', async () => {
    const sku = await shop.item(100);
    const asOf = await moment();
    for (let sale = 0; sale < 40; sale += 1)
      await pay(await reserve(sku, 1, sale % 2 === 0 ? ADDRESS : undefined));
    const result = await apply(row(sku, { quantity: 100, asOf }));
    // 20 orders without an address were handed over when they were paid; 20 are still there, and are not for sale.
    assert.deepEqual([result.status, result.onHand, result.available], ['applied', 80, 60]);
    assert.deepEqual(await violations(), []);
  });

  it('physical: what arrived after the count is added to it', async () => {
    const sku = await shop.item(10);
    const asOf = await moment();
    await apply(row(sku, { kind: 'delta', quantity: 5 }));
    assert.equal((await apply(row(sku, { quantity: 7, asOf }))).onHand, 12);
  });

  it('physical: a count before the last one is stale, also from another source', async () => {
    const sku = await shop.item(10);
    const earlier = await moment();
    const later = await moment();
    assert.equal((await apply(row(sku, { quantity: 9, asOf: later }))).status, 'applied');
    const result = await apply(row(sku, { source: 'erp', quantity: 1, asOf: earlier }));
    assert.deepEqual([result.status, result.reason, result.onHand], ['stale', 'counted_later', 9]);
    assert.equal(new Date(result.countedAt ?? '').toISOString(), later);
  });

  it('physical: what an earlier count has corrected did not move after a later count', async () => {
    const sku = await shop.item(10);
    const [earlier, later] = [await moment(), await moment()];
    await apply(row(sku, { quantity: 7, asOf: earlier }));
    assert.equal((await apply(row(sku, { quantity: 9, asOf: later }))).onHand, 9);
  });

  it('sellable: available is the quantity, and what orders have is beside it', async () => {
    const sku = await shop.item(10);
    await reserve(sku, 4);
    const result = await apply(row(sku, { kind: 'sellable', quantity: 20 }));
    assert.deepEqual([result.status, result.onHand, result.available], ['applied', 24, 20]);
  });

  it('sellable: what orders have taken since is not available', async () => {
    const sku = await shop.item(10);
    const asOf = await moment();
    await reserve(sku, 1);
    await pay(await reserve(sku, 2));
    await apply(row(sku, { kind: 'delta', quantity: 4 }));
    const result = await apply(row(sku, { kind: 'sellable', quantity: 10, asOf }));
    assert.deepEqual([result.available, result.onHand], [11, 12]);
  });

  it('refuses a quantity of long ago, since when all sales would be summed up, and not a late arrival', async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
    for (const kind of ['sellable', 'physical'] as const) {
      const sku = await shop.item(10);
      const report = (days: number) =>
        apply(row(sku, { location: 'east', kind, quantity: 3, asOf: daysAgo(days) }));
      const { status, reason } = await report(32);
      assert.deepEqual([status, reason], ['error', 'too_old']);
      assert.equal((await report(30)).status, 'applied');
    }
    const sku = await shop.item(10);
    const late = row(sku, { location: 'east', kind: 'delta', quantity: 3, asOf: daysAgo(90) });
    assert.equal((await apply(late)).status, 'applied');
  });

  it('delta: pieces arrive and leave, and more than there are cannot leave', async () => {
    const sku = await shop.item(10);
    assert.equal((await apply(row(sku, { kind: 'delta', quantity: 5 }))).onHand, 15);
    assert.equal((await apply(row(sku, { kind: 'delta', quantity: -12 }))).onHand, 3);
    const result = await apply(row(sku, { kind: 'delta', quantity: -4 }));
    assert.deepEqual([result.status, result.reason, result.onHand], ['error', 'not_there', 3]);
    const { rows } = await shop.pool.query<{ kind: string }>(
      `select kind from stock_movements where sku = $1 and reference = 'wms' order by movement_id`,
      [sku],
    );
    assert.deepEqual(
      rows.map(({ kind }) => kind),
      ['received', 'adjusted'],
    );
  });

  it('delta: pieces that a later count has are not added again, in either order of the reports', async () => {
    const sku = await shop.item(10);
    const arrived = await moment();
    const counted = await moment();
    await apply(row(sku, { quantity: 15, asOf: counted }));
    const late = await apply(row(sku, { kind: 'delta', quantity: 5, asOf: arrived }));
    assert.deepEqual([late.status, late.reason, late.onHand], ['stale', 'already_counted', 15]);

    const other = await shop.item(10);
    const arrivedThere = await moment();
    const countedThere = await moment();
    await apply(row(other, { kind: 'delta', quantity: 5, asOf: arrivedThere }));
    assert.equal((await apply(row(other, { quantity: 15, asOf: countedThere }))).onHand, 15);
  });

  it('a row that was applied, or an older one, is stale and changes nothing', async () => {
    const sku = await shop.item(10);
    const [older, newer] = [row(sku, { quantity: 8 }), row(sku, { kind: 'delta', quantity: 3 })];
    await apply(newer);
    const before = await movements(sku);
    for (const again of [newer, older]) {
      const result = await apply(again);
      assert.deepEqual(
        [result.status, result.reason, result.lastSequence],
        ['stale', 'old_sequence', newer.sequence],
      );
    }
    assert.deepEqual([(await level(sku)).onHand, await movements(sku)], [13, before]);
  });

  it('counts the sequences of each source, location and item by themselves', async () => {
    const [sku, other] = [await shop.item(1), await shop.item(1)];
    const first = row(sku, { quantity: 2, sequence: 7 });
    const rows = [
      first,
      { ...first, source: 'erp', sequence: 1 },
      { ...first, location: 'east', sequence: 1 },
      { ...first, sku: other, sequence: 1 },
      { ...first, sequence: 6 },
    ];
    const { results } = await counts.apply(rows);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['applied', 'applied', 'applied', 'applied', 'stale'],
    );
    assert.equal((await level(sku, 'east')).onHand, 2);
  });

  it('a sequence can be reset, of one item, of a location, or of a source', async () => {
    const [sku, other] = [await shop.item(1), await shop.item(1)];
    const rows = [
      row(sku, { source: 'reset', sequence: 9 }),
      row(other, { source: 'reset', sequence: 9 }),
      row(sku, { source: 'reset', location: 'east', sequence: 9 }),
    ];
    await counts.apply(rows);
    assert.equal((await apply(row(sku, { source: 'reset', sequence: 1 }))).status, 'stale');
    assert.deepEqual(await counts.resetSequences({ source: 'reset', location: 'default', sku }), {
      reset: 1,
    });
    assert.equal((await apply(row(sku, { source: 'reset', sequence: 1 }))).status, 'applied');
    assert.equal((await apply(row(other, { source: 'reset', sequence: 1 }))).status, 'stale');
    assert.deepEqual(await counts.resetSequences({ source: 'reset', location: 'east' }), { reset: 1 });
    assert.deepEqual(await counts.resetSequences({ source: 'reset' }), { reset: 2 });
    assert.deepEqual(await counts.resetSequences({ source: 'reset' }), { reset: 0 });
  });

  it('compareQuantity: a row is applied only to the quantity that its source has seen', async () => {
    const sku = await shop.item(10);
    await reserve(sku, 2);
    const refused = row(sku, { quantity: 20, compareQuantity: 9 });
    const result = await apply(refused);
    assert.deepEqual([result.status, result.onHand, result.available], ['conflict', 10, 8]);
    assert.equal(
      (await apply({ ...refused, compareQuantity: 10 })).status,
      'applied',
      'with the same sequence',
    );
    const sellable = row(sku, { kind: 'sellable', quantity: 1, compareQuantity: 20 });
    assert.equal((await apply(sellable)).status, 'conflict');
    assert.equal((await apply({ ...sellable, compareQuantity: 18 })).status, 'applied');
  });

  it('oversold: the newest unpaid orders are short first, then the newest paid ones', async () => {
    const sku = await shop.item(10);
    const old = await reserve(sku, 3, ADDRESS);
    const unpaid = await reserve(sku, 2, ADDRESS);
    const paid = await reserve(sku, 4, ADDRESS);
    await pay(old);
    await pay(paid);
    const { results, orders } = await counts.apply([row(sku, { quantity: 5 })]);
    const [result] = results;
    assert.ok(result);
    assert.deepEqual(orders, [paid], 'nobody ships the unpaid one yet');
    assert.deepEqual([result.onHand, result.available, result.oversold], [5, 0, 4]);
    assert.deepEqual([await shortOf(unpaid), await shortOf(paid), await shortOf(old)], [2, 2, 0]);
    assert.deepEqual(await level(sku), { onHand: 5, available: 0, held: 0, committed: 5, oversold: 4 });
    assert.deepEqual(await violations(), []);
  });

  it('oversold: pieces that arrive go to the oldest order that is short, and the changed orders are returned', async () => {
    const sku = await shop.item(5);
    const [first, second] = [await reserve(sku, 2, ADDRESS), await reserve(sku, 3, ADDRESS)];
    await pay(first);
    await pay(second);
    const lost = await counts.apply([row(sku, { quantity: 0 })]);
    assert.deepEqual([...lost.orders].sort(), [first, second].sort());
    const found = await counts.apply([row(sku, { kind: 'delta', quantity: 3 })]);
    assert.deepEqual([await shortOf(first), await shortOf(second)], [0, 2]);
    assert.deepEqual([...found.orders].sort(), [first, second].sort());
    const more = await counts.apply([row(sku, { kind: 'sellable', quantity: 4 })]);
    assert.deepEqual([more.results[0]?.available, more.results[0]?.oversold, more.orders], [2, 0, [second]]);
    assert.deepEqual(await violations(), []);
  });

  it('an unknown item or location is an error of its row, and the others are applied', async () => {
    const sku = await shop.item(1);
    const { results } = await counts.apply([
      row('no-such-item', { quantity: 5 }),
      row(sku, { quantity: 5, location: 'nowhere' }),
      row(sku, { quantity: 5 }),
    ]);
    assert.deepEqual(
      results.map(({ status, reason }) => [status, reason]),
      [
        ['error', 'unknown_sku'],
        ['error', 'unknown_location'],
        ['applied', undefined],
      ],
    );
  });

  it('applies rows of one item in their order, within one call', async () => {
    const sku = await shop.item(1);
    const { results } = await counts.apply([
      row(sku, { quantity: 5 }),
      row(sku, { kind: 'delta', quantity: 2 }),
      row(sku, { kind: 'delta', quantity: -1 }),
    ]);
    assert.deepEqual(
      results.map(({ onHand }) => onHand),
      [5, 7, 6],
    );
  });

  it('the same rows in concurrent calls are applied once', async () => {
    const skus = await Promise.all(Array.from({ length: 5 }, () => shop.item(0)));
    const rows = skus.map((sku) => row(sku, { kind: 'delta', quantity: 3 }));
    const calls = await Promise.all(Array.from({ length: 10 }, () => counts.apply(rows)));
    const applied = calls.flatMap(({ results }) => results).filter(({ status }) => status === 'applied');
    assert.equal(applied.length, skus.length);
    for (const sku of skus) assert.equal((await level(sku)).onHand, 3);
  });

  it('concurrent calls of the same items in any order end, and add up', async () => {
    const skus = await Promise.all(Array.from({ length: 20 }, () => shop.item(0)));
    const calls = Array.from({ length: 10 }, (_, call) => {
      const order = call % 2 === 0 ? skus : [...skus].reverse();
      return counts.apply(
        order.map((sku) => row(sku, { source: `source-${call}`, kind: 'delta', quantity: 1 })),
      );
    });
    await Promise.all(calls);
    for (const sku of skus) assert.equal((await level(sku)).onHand, 10);
  });

  it('whatever is reported while orders are placed, paid and released: the counts add up, and the same rows again change nothing', async () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('report' as const),
        sku: fc.nat(1),
        kind: fc.constantFrom('physical' as const, 'sellable' as const, 'delta' as const),
        quantity: fc.integer({ min: -4, max: 12 }),
        sequence: fc.integer({ min: 1, max: 12 }),
        late: fc.boolean(),
      }),
      fc.record({
        do: fc.constant('reserve' as const),
        sku: fc.nat(1),
        quantity: fc.integer({ min: 1, max: 3 }),
        ships: fc.boolean(),
      }),
      fc.record({ do: fc.constant('pay' as const), which: fc.nat(5) }),
      fc.record({ do: fc.constant('release' as const), which: fc.nat(5) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        run += 1;
        const source = `run-${run}`;
        const skus = [await shop.item(5), await shop.item(5)] as const;
        const began = await moment();
        const orders: string[] = [];
        const sent: LocatedRow[] = [];
        for (const each of steps) {
          if (each.do === 'report') {
            const quantity = each.kind === 'delta' ? each.quantity : Math.abs(each.quantity);
            const sku = skus[each.sku] ?? skus[0];
            const report = row(sku, { ...each, source, sku, quantity, ...(each.late && { asOf: began }) });
            const result = await apply(report);
            if (result.status === 'applied') sent.push(report);
          } else if (each.do === 'reserve') {
            const lines = [line(skus[each.sku] ?? skus[0], each.quantity)];
            const order = checkoutOrder({ lines, ...(each.ships && { shipping: ADDRESS }) });
            await shop.ledger.reserveStock([order]);
            orders.push(order.orderId);
          } else {
            const orderId = orders[each.which];
            if (orderId === undefined) continue;
            if (each.do === 'pay') await pay(orderId);
            else await shop.ledger.releaseStock([{ orderId, status: 'expired', reason: 'expired' }]);
          }
        }
        assert.deepEqual(await violations(), []);
        const before = await Promise.all(skus.map((sku) => Promise.all([level(sku), movements(sku)])));
        const again = await counts.apply(sent);
        assert.ok(again.results.every(({ status }) => status === 'stale'));
        assert.deepEqual(
          await Promise.all(skus.map((sku) => Promise.all([level(sku), movements(sku)]))),
          before,
        );
      }),
      { numRuns: 40 },
    );
  });
});
