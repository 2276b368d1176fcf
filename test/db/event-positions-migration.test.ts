import assert from 'node:assert/strict';
import pg from 'pg';
import { leaseDestination, readOutbox } from '../../src/adapters/postgres/event-outbox.ts';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import type { OutboxEvent } from '../../src/contracts/ports/event-destination.ts';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { testLogger, testPostgres } from '../../harness/servers/test-servers.ts';
import { filesOfRelease } from '../support/db/release-files.ts';

describe('the migration of the event feed of 0.2', function () {
  this.timeout(120_000);

  it('keeps every cursor: what was read is not read again, and what was not read comes', async () => {
    const url = await (await testPostgres()).createEmptyDatabase();
    await migrate(url, { folder: filesOfRelease('0.2.0', ['0001_baseline']), release: '0.2.0' });
    const pool = createPool({ url, max: 2 });
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    try {
      await pool.query(
        `insert into stock_items (sku, title, unit_price, currency, on_hand, received) values ('mug-01', 'Mug', 1000, 'EUR', 10, 10)`,
      );
      const ledger = createOrderLedger(pool);
      const place = async (): Promise<string> => {
        const order = checkoutOrder({ lines: [line('mug-01', 1)] });
        await ledger.reserveStock([order]);
        return order.orderId;
      };
      const [delivered, waiting] = [await place(), await place()];
      const { rows } = await pool.query<{ cursor: string; tx: number; position: number }>(
        `select tx || '.' || position as cursor, tx, position from order_events where order_id = $1 and sequence = 2`,
        [delivered],
      );
      const [cursor] = rows;
      assert.ok(cursor);
      await pool.query(`insert into event_destinations (name, tx, position) values ('kept', $1, $2)`, [
        cursor.tx,
        cursor.position,
      ]);
      // 0.2 lets a destination begin "now" at the number of a transaction, which is ahead of all events.
      await pool.query(`insert into event_destinations (name, tx, position) values ('from-now', $1, 0)`, [
        cursor.tx + 1_000_000,
      ]);
      await holder.query('begin');
      await holder.query('select pg_current_xact_id()');

      await migrate(url);

      const later = await place();
      const expected = [waiting, later].flatMap((orderId) => [`${orderId}.1`, `${orderId}.2`]);
      assert.deepEqual(idsOf(await readOutbox(pool, cursor.cursor, 100)), expected);
      assert.deepEqual(await readAll(url, 'kept'), expected);
      assert.deepEqual(await readAll(url, 'from-now'), expected.slice(2));
    } finally {
      await holder.end();
      await pool.end();
    }
  });
});

const idsOf = (events: readonly OutboxEvent[]): string[] =>
  events.map(({ orderId, sequence }) => `${orderId}.${sequence}`);

async function readAll(url: string, name: string): Promise<string[]> {
  const lease = await leaseDestination(url, name, 'beginning', testLogger);
  assert.ok(lease);
  try {
    return idsOf(await lease.next(100));
  } finally {
    await lease.release();
  }
}
