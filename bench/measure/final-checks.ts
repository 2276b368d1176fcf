import type { Pool } from '../../src/adapters/postgres/pool.ts';
import { expectEqual } from '../lib/expect-equal.ts';
import type { RunningVariant } from '../system/variant.ts';
import type { OrderCounts } from './plan.ts';

/**
 * Compares what PostgreSQL holds at the end with the responses: every order is paid, its goods and no others are sold, nothing
 * is held, and two mails are sent for each order. A variant that has failed is not checked.
 * @returns one line for the log
 * @throws {WrongResult}
 */
export async function checkFinalState(
  running: readonly RunningVariant[],
  counts: OrderCounts,
  failed: ReadonlySet<string>,
): Promise<string> {
  let total = 0;
  for (const { name, title, clientId, sells, pool } of running) {
    if (failed.has(name)) continue;
    const orders = sells ? (counts.get(name) ?? 0) : 0;
    const expect = (what: string, actual: number, expected: number): void => {
      expectEqual(`${title}: ${what}`, actual, expected);
    };
    const paid = await count(pool, `orders where client_id = $1 and status = 'paid'`, [clientId]);
    expect('orders paid in PostgreSQL', paid, orders);
    expect('orders in PostgreSQL', await count(pool, 'orders'), orders);
    expect('pieces sold', await sum(pool, 'sold'), orders);
    expect('pieces held', await sum(pool, 'held'), 0);
    expect('pieces committed, without an address', await sum(pool, 'committed'), 0);
    expect('mails marked as sent', await count(pool, `mails where status = 'sent'`), orders * 2);
    expect('captured payments', await count(pool, 'payments where captured = amount'), orders);
    total += orders;
  }
  return `${total} orders are paid, with ${total} payments captured, ${total} pieces sold and ${total * 2} mails sent`;
}

async function count(pool: Pool, from: string, values: unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int8 as n from ${from}`, values);
  return rows[0]?.n ?? 0;
}

async function sum(pool: Pool, expression: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select coalesce(sum(${expression}), 0)::int8 as n from stock_levels`,
  );
  return rows[0]?.n ?? 0;
}
