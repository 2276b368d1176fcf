import type { Pool } from '../../../src/adapters/postgres/pool.ts';

/** Which messages have come, so that one that comes again is known. */
export interface Inbox {
  /** True the first time. */
  enter(messageId: string): Promise<boolean>;
}

export async function createInbox(pool: Pool): Promise<Inbox> {
  await pool.query('create table if not exists bench_inbox (message_id text primary key)');
  return {
    async enter(messageId) {
      const { rowCount } = await pool.query({
        name: 'bench_inbox_enter',
        text: 'insert into bench_inbox values ($1) on conflict do nothing',
        values: [messageId],
      });
      return rowCount === 1;
    },
  };
}
