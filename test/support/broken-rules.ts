import { randomUUID } from 'node:crypto';
import type { AuditRule } from '../../src/adapters/postgres/audit/rule.ts';
import { openAuditSession, type Suspect } from '../../src/adapters/postgres/audit/session.ts';
import type { Pool } from '../../src/adapters/postgres/pool.ts';

/** Runs rules of the audit for all orders and stock levels. Returns what they find in our own records. */
export async function brokenRules(pool: Pool, rules: readonly AuditRule[]): Promise<Suspect[]> {
  const session = await openAuditSession(pool, randomUUID());
  try {
    const since = new Date(0);
    await session.begin({ since, comparesLabels: false, recounts: true });
    await session.addRecent('placed', since, new Date(Date.now() + 3_600_000));
    const { rows } = await pool.query<{ sku: string; location_id: string }>(
      'select sku, location_id from stock_levels',
    );
    return await session.find(
      rules.map(({ code }) => code),
      rows.map(({ sku, location_id }) => [sku, location_id] as const),
    );
  } finally {
    await session.discard();
    session.close();
  }
}
