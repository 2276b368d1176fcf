/** `npm run bench:audit`: how long an audit of a large shop takes, how much memory it needs, and what it finds; see docs/performance.md. */
import { Command } from 'commander';
import { ApiClient } from '../harness/api/api-client.ts';
import { fillWithHistory } from '../harness/load/order-history.ts';
import { sandboxClient } from '../harness/sandbox-client.ts';
import { wholeNumber } from '../src/cli/support/options.ts';
import { DEFECTS, makeDefects, missingPayments } from './audit/defects.ts';
import { measureAudit, type AuditMeasurement } from './audit/measure.ts';
import { auditTables, requireDefects } from './audit/summary.ts';
import { abortOnInterrupt } from './lib/interrupt.ts';
import { createLog } from './lib/progress.ts';
import { publishPart } from './report/document.ts';
import { tablesToMarkdown } from './report/markdown.ts';
import { printTables } from './report/print.ts';
import { startSystem } from './system/system.ts';
import { startVariant } from './system/variant.ts';

/** Before the first order. */
const SINCE = '2000-01-01T00:00:00.000Z';

const command = new Command('npm run bench:audit --')
  .description('audits a large shop with 20 defects')
  .option('--orders <n>', 'paid orders, with as many payments', wholeNumber(1_000), 1_000_000)
  .option('--others <n>', 'payments that others made in the same account', wholeNumber(0), 0)
  .option('--publish', 'write the results into docs/performance.md', false)
  .parse();
const { orders, others, publish } = command.opts<{ orders: number; others: number; publish: boolean }>();
const signal = abortOnInterrupt();
const log = createLog(new Date());

const system = await startSystem(['temporal-dev'], log);
try {
  const shop = await startVariant('grouped-dev', system, { instance: 'audited' });
  try {
    const sandbox = sandboxClient(system.sandboxUrl);
    const now = Math.floor(Date.now() / 1000);
    // Each order is a minute older than the next, and the newest is of now.
    const time = { from: now - orders * 60, to: now };
    const missing = missingPayments(orders);
    await sandbox.post('/account', {
      payments: orders,
      others,
      orderPrefix: 'ord_history',
      missing,
      ...time,
    });
    await fillWithHistory(shop.pool, { past: orders, open: 0, ageMinutes: 0 }, log);
    await makeDefects(shop.pool, sandbox, orders);
    log(`${DEFECTS.length} defects are made`);

    const api = new ApiClient({ url: shop.url, apiKey: shop.apiKey });
    const roots = { application: shop.pids.variant, postgres: shop.pids.postgres };
    const measured: AuditMeasurement[] = [];
    for (const [name, since] of [
      ['every order', SINCE],
      ['as each night', undefined],
    ] as const)
      measured.push(await measureAudit(api, { name, since, roots, signal, log }));

    const tables = auditTables(measured);
    printTables(process.stdout, tables);
    const [whole] = measured;
    if (whole) requireDefects(whole);
    if (publish) {
      const about = `Measured ${new Date().toISOString().slice(0, 10)}, on the development server: ${orders.toLocaleString('en')} orders with as many payments, and ${others.toLocaleString('en')} payments of others.`;
      await publishPart({ part: 'audit' }, measured, `${tablesToMarkdown(tables)}\n\n${about}`);
    }
  } finally {
    await shop.stop();
  }
} finally {
  await system.stop();
}
