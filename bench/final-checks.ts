import type { Pool } from '../src/adapters/postgres/pool.ts';
import { expectEqual } from './sandbox-books.ts';
import { VARIANTS, variants, type VariantName } from './variants.ts';

/** How many orders each variant has answered as paid. */
export type Sold = Readonly<Record<VariantName, number>>;

/**
 * What PostgreSQL holds at the end against what was answered: every order of every variant paid, its goods sold and no
 * others, nothing held back, two mails each.
 * @throws {WrongResult}
 */
export async function checkEnd(pool: Pool, sold: Sold): Promise<string> {
  for (const name of VARIANTS) {
    const { title, clientId, sells } = variants[name];
    const paid = await count(pool, `orders where client_id = $1 and status = 'paid'`, [clientId]);
    const all = await count(pool, 'orders where client_id = $1', [clientId]);
    expectEqual(`${title}: orders paid in PostgreSQL`, paid, sells ? sold[name] : 0);
    expectEqual(`${title}: orders in PostgreSQL`, all, paid);
  }
  const orders = VARIANTS.reduce((sum, name) => sum + (variants[name].sells ? sold[name] : 0), 0);
  expectEqual('pieces sold', await sum(pool, 'sold'), orders);
  expectEqual('pieces held', await sum(pool, 'held'), 0);
  expectEqual('pieces that do not add up', await sum(pool, 'received - on_hand - held - sold'), 0);
  expectEqual('mails marked as sent', await count(pool, `mails where status = 'sent'`), orders * 2);
  expectEqual('captured payments', await count(pool, 'payments where captured = amount'), orders);
  return `${orders} orders were paid: as many payments captured at the sandbox, pieces sold, and ${orders * 2} mails sent`;
}

async function count(pool: Pool, from: string, values: unknown[] = []): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`select count(*)::int as n from ${from}`, values);
  return rows[0]?.n ?? 0;
}

async function sum(pool: Pool, expression: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select coalesce(sum(${expression}), 0)::int as n from stock_items`,
  );
  return rows[0]?.n ?? 0;
}
