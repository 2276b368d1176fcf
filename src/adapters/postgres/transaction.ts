import type pg from 'pg';

/**
 * Runs statements in one transaction: commits when `run` resolves, rolls back when it rejects. This is the only place that begins
 * one; everything else is a transaction by being one statement.
 *
 * `run` awaits nothing but calls that are given the client. A transaction that waits for a broker, a provider or a file keeps its
 * locks and its connection for as long as the other side likes, and keeps PostgreSQL from removing dead rows.
 * `test/repository/transactions.test.ts` checks it.
 */
export async function inTransaction<C extends pg.ClientBase, T>(
  client: C,
  run: (client: C) => Promise<T>,
): Promise<T> {
  await client.query('begin');
  try {
    const result = await run(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // A lost connection has rolled back already, and must not hide what went wrong.
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
