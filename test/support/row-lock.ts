import pg from 'pg';
import { waitFor } from '../../harness/wait-for.ts';

/** A row that a test has locked in PostgreSQL, so that a step which needs the row waits. */
export interface RowLock {
  /** Resolves when another session waits for the lock. */
  isWaitedFor(): Promise<void>;
  release(): Promise<void>;
}

/** Locks a row. `sql` is a `select … for update` of one row. */
export async function lockRow(databaseUrl: string, sql: string, values: string[]): Promise<RowLock> {
  const holder = new pg.Client({ connectionString: databaseUrl });
  holder.on('error', () => undefined); // a test may kill the server
  await holder.connect();
  await holder.query('begin');
  const { rowCount } = await holder.query(sql, values);
  if (rowCount !== 1) throw new Error('The query has locked no row');
  return {
    async isWaitedFor() {
      await waitFor('somebody waits for the row', async () => {
        const { rows } = await holder.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))`,
        );
        return (rows[0]?.waiting ?? 0) > 0;
      });
    },
    async release() {
      await holder.query('rollback').catch(() => undefined);
      await holder.end().catch(() => undefined);
    },
  };
}
