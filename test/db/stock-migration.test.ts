import assert from 'node:assert/strict';
import { checkoutOrder, line } from '../../harness/orders.ts';
import { testPostgres } from '../../harness/servers/test-servers.ts';
import { STOCK_RULES } from '../../src/adapters/postgres/audit/stock-rules.ts';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../src/adapters/postgres/stock-catalogue.ts';
import { brokenRules } from '../support/broken-rules.ts';
import { filesOfRelease } from '../support/db/release-files.ts';

describe('the migration of the stock of 0.2', function () {
  this.timeout(120_000);

  it('puts everything to the default location, and what is held goes on', async () => {
    const url = await (await testPostgres()).createEmptyDatabase();
    await migrate(url, { folder: filesOfRelease('0.2.0', ['0001_baseline']), release: '0.2.0' });
    const pool = createPool({ url, max: 2 });
    await pool.query(
      `insert into stock_items (sku, title, unit_price, currency, on_hand, received, low_at, sequence)
       values ('mug-01', 'Mug', 1000, 'EUR', 10, 10, 3, 7)`,
    );
    const [held, paid, failed] = [1, 2, 3].map((quantity) =>
      checkoutOrder({ lines: [line('mug-01', quantity)] }),
    );
    assert.ok(held && paid && failed);
    const ledger = createOrderLedger(pool);
    await ledger.reserveStock([held, paid, failed]);
    const payment = { attempt: 1, status: 'succeeded' as const, captured: 1_000 };
    await ledger.confirmOrder([{ orderId: paid.orderId, payment }]);
    await ledger.releaseStock([{ orderId: failed.orderId, status: 'expired', reason: 'expired' }]);

    await migrate(url);

    const catalogue = createStockCatalogue(pool);
    const levels = async () => (await catalogue.get('mug-01'))?.locations;
    const nothing = { committed: 0, unavailable: 0, oversold: 0 };
    const level = { location: 'default', ...nothing, lowAt: 3, sequence: 7 };
    assert.deepEqual(await levels(), [{ ...level, onHand: 8, available: 7, held: 1, sold: 2 }]);
    const rules = STOCK_RULES.filter(({ code }) => code.startsWith('stock_'));
    assert.deepEqual(await brokenRules(pool, rules), []);
    const item = { title: 'Mug', unitPrice: 1_000, currency: 'EUR', onHand: 0, lowAt: 3 };
    await catalogue.put('mug-01', item);
    assert.deepEqual((await levels())?.[0]?.oversold, 1, 'the order of 0.2 is found, and short');
    await catalogue.put('mug-01', { ...item, onHand: 8 });
    await ledger.confirmOrder([{ orderId: held.orderId, payment }]);
    assert.deepEqual(
      (await levels())?.map(({ onHand, available, sold }) => [onHand, available, sold]),
      [[7, 7, 3]],
    );
    await pool.end();
  });
});
