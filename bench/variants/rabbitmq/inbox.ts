import type { Pool } from '../../../src/adapters/postgres/pool.ts';

/** The messages that have been delivered, so that a second delivery is recognised. */
export interface Inbox {
  /** Returns whether this is the first delivery of the message. */
  record(messageId: string): Promise<boolean>;
}

export async function createInbox(pool: Pool): Promise<Inbox> {
  await pool.query('create table if not exists bench_inbox (message_id text primary key)');
  return {
    async record(messageId) {
      const { rowCount } = await pool.query({
        name: 'bench_inbox_record',
        text: 'insert into bench_inbox values ($1) on conflict do nothing',
        values: [messageId],
      });
      return rowCount === 1;
    },
  };
}
