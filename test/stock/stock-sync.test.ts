import assert from 'node:assert/strict';
import type { AppliedRows, LocatedRow, StockCounts } from '../../src/adapters/postgres/stock-counts.ts';
import { Problem } from '../../src/contracts/errors.ts';
import {
  MAX_SYNC_ROWS,
  type StockSyncResult,
  type StockSyncRow,
} from '../../src/contracts/http/stock-sync.ts';
import type { RawRow } from '../../src/stock/rows/raw-row.ts';
import { CHUNK_ROWS, createStockSync } from '../../src/stock/stock-sync.ts';

const rowOf = (sequence: number, changes: Partial<StockSyncRow> = {}): StockSyncRow => ({
  source: 'wms',
  sku: `sku-${sequence}`,
  kind: 'physical',
  quantity: 7,
  sequence,
  ...changes,
});

const applied = (rows: readonly LocatedRow[]): AppliedRows => ({
  results: rows.map(({ sku, location }) => ({
    sku,
    location,
    status: 'applied',
    onHand: 7,
    available: 7,
    oversold: 0,
  })),
  orders: [],
});

const unreachable = (): Error => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** A sync whose PostgreSQL is `apply`, and what it has logged. */
function syncWith(apply: (rows: readonly LocatedRow[], call: number) => AppliedRows) {
  const calls: number[] = [];
  const logged: unknown[] = [];
  const changed: string[] = [];
  const counts: StockCounts = {
    apply(rows) {
      calls.push(rows.length);
      return new Promise((resolve) => {
        resolve(apply(rows, calls.length));
      });
    },
    resetSequences: () => Promise.resolve({ reset: 0 }),
  };
  const sync = createStockSync({
    counts,
    onShortChanged(orderId) {
      changed.push(orderId);
      return orderId === 'ord_1' ? Promise.reject(new Error('no Temporal')) : Promise.resolve();
    },
    logger: {
      error: (fields: unknown) => logged.push(fields),
      warn: (fields: unknown) => logged.push(fields),
    },
  });
  return { sync, calls, logged, changed };
}

async function* rowsOf(count: number): AsyncGenerator<RawRow> {
  for (let row = 1; row <= count; row += 1) yield await Promise.resolve({ row, value: rowOf(row) });
}

async function all(results: AsyncIterable<StockSyncResult>): Promise<StockSyncResult[]> {
  const found: StockSyncResult[] = [];
  for await (const result of results) found.push(result);
  return found;
}

const statusesOf = (results: StockSyncResult[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

describe('a stock sync', () => {
  it('of 10,000 rows holds one transaction of them at a time, and has a result for each in their order', async () => {
    const { sync, calls } = syncWith(applied);
    let read = 0;
    let most = 0;
    async function* counted(): AsyncGenerator<RawRow> {
      for await (const row of rowsOf(MAX_SYNC_ROWS)) {
        read += 1;
        yield row;
      }
    }
    let results = 0;
    for await (const { row, status } of sync.sync(counted())) {
      results += 1;
      most = Math.max(most, read - results);
      assert.deepEqual([row, status], [results, 'applied']);
    }
    assert.equal(results, MAX_SYNC_ROWS);
    assert.ok(most < CHUNK_ROWS, `${most} rows were read and had no result`);
    assert.deepEqual(calls, Array<number>(MAX_SYNC_ROWS / CHUNK_ROWS).fill(CHUNK_ROWS));
  });

  it('of more rows says where it stopped', async () => {
    const { sync } = syncWith(applied);
    const results = await all(sync.sync(rowsOf(MAX_SYNC_ROWS + 5)));
    assert.deepEqual(statusesOf(results), { applied: MAX_SYNC_ROWS, error: 1 });
    assert.match(results.at(-1)?.message ?? '', /takes 10000 rows/);
  });

  it('finds the row that takes too long, applies the others before it, and can be repeated', async () => {
    const slow = (): Error => Object.assign(new Error('canceled'), { code: '57014' });
    const { sync, calls } = syncWith((rows) => {
      if (rows.some(({ sku }) => sku === 'sku-3')) throw slow();
      return applied(rows);
    });
    await assert.rejects(sync.apply([rowOf(1), rowOf(2), rowOf(3)]), (error) => {
      assert(error instanceof Problem);
      assert.equal(error.code, 'unavailable');
      return true;
    });
    assert.deepEqual(calls, [3, 1, 1, 1]);
  });

  it('answers bad rows in their places, and applies the others', async () => {
    const { sync, calls } = syncWith(applied);
    async function* rows(): AsyncGenerator<RawRow> {
      yield await Promise.resolve({ row: 1, value: rowOf(1) });
      yield { row: 2, value: { ...rowOf(2), quantity: 'seven' } };
      yield { row: 3, problem: new Problem('invalid_json', 'The body is not valid JSON.') };
      yield { row: 4, value: rowOf(4) };
    }
    const results = await all(sync.sync(rows()));
    assert.deepEqual(calls, [2]);
    assert.deepEqual(
      results.map(({ row, status, message }) => [row, status, message]),
      [
        [1, 'applied', undefined],
        [2, 'error', 'quantity must be integer.'],
        [3, 'error', 'The body is not valid JSON.'],
        [4, 'applied', undefined],
      ],
    );
    assert.deepEqual(
      [results[1]?.sku, results[1]?.errors],
      ['sku-2', [{ field: 'quantity', message: 'must be integer' }]],
    );
  });

  it('is refused as a whole if PostgreSQL cannot be reached at first', async () => {
    const { sync } = syncWith(() => {
      throw unreachable();
    });
    await assert.rejects(all(sync.sync(rowsOf(3))), { code: 'unavailable' });
  });

  it('answers every row if PostgreSQL cannot be reached any more, and does not try again', async () => {
    const { sync, calls } = syncWith((rows, call) => {
      if (call === 2) throw unreachable();
      return applied(rows);
    });
    const results = await all(sync.sync(rowsOf(CHUNK_ROWS * 4)));
    assert.deepEqual(statusesOf(results), { applied: CHUNK_ROWS, error: CHUNK_ROWS * 3 });
    assert.equal(calls.length, 2);
    assert.match(results.at(-1)?.message ?? '', /was not applied.*PostgreSQL cannot be reached/);
  });

  it('finds the row that breaks its transaction, and applies the others', async () => {
    const { sync, logged } = syncWith((rows) => {
      if (rows.some(({ sku }) => sku === 'sku-2')) throw new Error('a constraint');
      return applied(rows);
    });
    const results = await all(sync.sync(rowsOf(3)));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['applied', 'error', 'applied'],
    );
    assert.deepEqual(logged, [{ row: 2, sku: 'sku-2', cause: 'Error' }]);
  });

  it('says where the rows cannot be read any further, unless there was none', async () => {
    const { sync } = syncWith(applied);
    async function* broken(count: number): AsyncGenerator<RawRow> {
      yield* rowsOf(count);
      throw new Problem('invalid_json', 'The body ends too early.');
    }
    const results = await all(sync.sync(broken(2)));
    assert.deepEqual(
      results.map(({ row, status }) => [row, status]),
      [
        [1, 'applied'],
        [2, 'applied'],
        [3, 'error'],
      ],
    );
    await assert.rejects(all(sync.sync(broken(0))), { code: 'invalid_json' });
  });

  it('reports the orders of which more or less is short, and is applied whether or not that succeeds', async () => {
    const { sync, changed, logged } = syncWith((rows) => ({ ...applied(rows), orders: ['ord_1', 'ord_2'] }));
    const [result] = await sync.apply([rowOf(1)]);
    assert.equal(result?.status, 'applied');
    assert.deepEqual(changed, ['ord_1', 'ord_2']);
    assert.deepEqual(logged, [{ orderId: 'ord_1', cause: 'Error' }]);
  });
});
