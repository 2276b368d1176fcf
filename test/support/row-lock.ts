import pg from 'pg';
import { waitFor } from '../../harness/wait-for.ts';

/** A row of PostgreSQL that a test holds, so that a step which needs it stops right there. */
export interface RowLock {
  /** Waits until somebody stands before the lock. */
  isWaitedFor(): Promise<void>;
  release(): Promise<void>;
}

/** `sql` is a `select … for update`. */
export async function lockRow(databaseUrl: string, sql: string, values: string[]): Promise<RowLock> {
  const holder = new pg.Client({ connectionString: databaseUrl });
  holder.on('error', () => undefined); // the server may be killed
  await holder.connect();
  await holder.query('begin');
  const { rowCount } = await holder.query(sql, values);
  if (rowCount !== 1) throw new Error('there is no such row');
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
