import assert from 'node:assert/strict';
import pg from 'pg';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

const ORDERS = 300;
const CUSTOMERS = 50;

interface LogLine {
  readonly level: string;
  readonly msg: string;
}

describe('the log of 300 orders in good health', function () {
  this.timeout(180_000);
  let system: System;
  let database: pg.Pool;

  before(async () => {
    system = await startSystem({ LOG_LEVEL: 'info', LOG_FORMAT: 'json' });
    database = new pg.Pool({ connectionString: system.databaseUrl(), max: 1 });
  });
  after(async () => {
    await database.end();
    await system.stop();
  });

  const logLines = (): LogLine[] =>
    system
      .output()
      .split('\n')
      .filter((text) => text.startsWith('{'))
      .map((text) => JSON.parse(text) as LogLine);

  it('has no warning, although the mailer is busy, and no line for each order', async () => {
    const sku = await system.shop.createItem(ORDERS);
    const place = async (): Promise<void> => {
      for (let n = 0; n < ORDERS / CUSTOMERS; n += 1) {
        const order = await system.shop.place({ lines: [line(sku)] }, { wait: 30 });
        assert.equal(order.status, 'paid');
      }
    };
    await Promise.all(Array.from({ length: CUSTOMERS }, place));
    await waitUntilPasses(async () => {
      const { rows } = await database.query('select status, count(*)::int from mails group by status');
      assert.deepEqual(rows, [{ status: 'sent', count: 2 * ORDERS }]);
    }, 60_000);

    const lines = logLines();
    assert.ok(lines.some(({ msg }) => msg === 'the process is ready'));
    assert.deepEqual(
      lines.filter(({ level }) => level !== 'info'),
      [],
    );
    const notOfMigrations = lines.filter(({ msg }) => !msg.startsWith('migrate '));
    assert.ok(notOfMigrations.length < 20, JSON.stringify(notOfMigrations, null, 1));
  });
});
