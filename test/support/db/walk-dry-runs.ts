import assert from 'node:assert/strict';
import { createDryRun } from '../../../src/adapters/postgres/dry-run.ts';
import type { Pool } from '../../../src/adapters/postgres/pool.ts';
import { createStockCatalogue } from '../../../src/adapters/postgres/stock-catalogue.ts';

/** Each change that has a dry run: of an item that there is, and of orders and returns that there are not. */
export async function walkDryRuns(pool: Pool): Promise<void> {
  const dryRun = createDryRun(pool);
  const catalogue = createStockCatalogue(pool);
  const before = await catalogue.get('mug-01');
  const item = { sku: 'mug-01', title: 'Cup', unitPrice: 1, currency: 'EUR', onHand: 1 };
  assert.ok((await dryRun.putItem(item)).applied);
  const row = {
    ...{ source: 'walk', sku: 'mug-01', location: 'default', kind: 'physical' as const, quantity: 1 },
    ...{ sequence: 1, asOf: new Date().toISOString() },
  };
  const { results } = await dryRun.applyCounts([row]);
  assert.equal(results.length, 1);
  assert.deepEqual(await catalogue.get('mug-01'), before);

  const orderId = `ord_${'none'.padEnd(32, '0')}`;
  const lines = [{ line: 1, quantity: 1 }];
  const requestHash = 'a'.repeat(64);
  const parcel = { key: 'dry', carrier: 'DHL', trackingCode: 'dry' };
  const [report] = await dryRun.reportShipments([{ orderId, lines, requestHash, ...parcel }]);
  assert.equal(report?.outcome, 'refused');
  const refund = { refundId: `${orderId}/cancel/dry`, orderId, lines, requestHash };
  assert.equal((await dryRun.beginRefund({ ...refund, kind: 'line_cancellation' })).outcome, 'refused');
  assert.equal((await dryRun.beginCancellation({ orderId, reason: 'dry' })).outcome, 'refused');
  const receipt = { receiptId: 'dry', refundId: `${orderId}/return/dry`, returnId: 'ret_none', lines: [] };
  assert.equal((await dryRun.receiveReturn(receipt)).outcome, 'refused');
}
