import type { Pool } from '../../src/adapters/postgres/pool.ts';
import type { Sold } from '../compare/rounds.ts';
import type { RunningVariant } from '../system/running-variant.ts';
import { expectEqual } from './sandbox-records.ts';

/**
 * What PostgreSQL holds at the end against what was answered: every order paid, its goods sold and no others, nothing held
 * back, two mails each. A variant that has failed is not held to it.
 * @throws {WrongResult}
 */
export async function checkEnd(
  running: readonly RunningVariant[],
  sold: Sold,
  failed: ReadonlySet<string>,
): Promise<string> {
  let all = 0;
  for (const { name, title, clientId, sells, pool } of running) {
    if (failed.has(name)) continue;
    const orders = sells ? (sold.get(name) ?? 0) : 0;
    const expect = (what: string, actual: number, expected: number): void => {
      expectEqual(`${title}: ${what}`, actual, expected);
    };
    const paid = await count(pool, `orders where client_id = $1 and status = 'paid'`, [clientId]);
    expect('orders paid in PostgreSQL', paid, orders);
    expect('orders in PostgreSQL', await count(pool, 'orders'), orders);
    expect('pieces sold', await sum(pool, 'sold'), orders);
    expect('pieces held', await sum(pool, 'held'), 0);
    expect('pieces that do not add up', await sum(pool, 'received - on_hand - held - sold'), 0);
    expect('mails marked as sent', await count(pool, `mails where status = 'sent'`), orders * 2);
    expect('captured payments', await count(pool, 'payments where captured = amount'), orders);
    all += orders;
  }
  return `${all} orders were paid: as many payments captured, pieces sold, and ${all * 2} mails sent`;
}

async function count(pool: Pool, from: string, values: unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int8 as n from ${from}`, values);
  return rows[0]?.n ?? 0;
}

async function sum(pool: Pool, expression: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select coalesce(sum(${expression}), 0)::int8 as n from stock_items`,
  );
  return rows[0]?.n ?? 0;
}
