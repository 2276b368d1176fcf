import type { LogAction, LogEntry } from '../../contracts/http/board.ts';
import type { Pool } from './pool.ts';

/** Who acts: a client with one of its keys, in a session of the board or without one. */
export interface Actor {
  clientId: string;
  keyId: string;
  sessionId?: string | undefined;
}

export interface LogFilter {
  orderId?: string;
  action?: LogAction;
  limit: number;
  /** The `entryId` of the last entry of the page before. */
  before?: number;
}

/** What operators did and saw. The database refuses every change of an entry. */
export interface OperatorLog {
  /** Resolves when the entry is durable. Not safe to run twice: each call adds an entry. */
  add(entry: Actor & { action: LogAction; orderId?: string }): Promise<void>;
  /** Newest first. */
  list(filter: LogFilter): Promise<LogEntry[]>;
}

interface LogRow {
  entry_id: number;
  at: Date;
  action: LogAction;
  client_id: string;
  key_id: string;
  session_id: string | null;
  order_id: string | null;
  brake_id: number | null;
}

export const createOperatorLog = (pool: Pool): OperatorLog => ({
  async add({ action, clientId, keyId, sessionId, orderId }) {
    await pool.query(
      'insert into audit_log (action, client_id, key_id, session_id, order_id) values ($1, $2, $3, $4, $5)',
      [action, clientId, keyId, sessionId ?? null, orderId ?? null],
    );
  },

  async list({ orderId, action, limit, before }) {
    const values: unknown[] = [];
    const bind = (value: unknown) => `$${values.push(value)}`;
    const conditions = ['true'];
    if (orderId !== undefined) conditions.push(`order_id = ${bind(orderId)}`);
    if (action !== undefined) conditions.push(`action = ${bind(action)}`);
    if (before !== undefined) conditions.push(`entry_id < ${bind(before)}`);
    const { rows } = await pool.query<LogRow>(
      `select entry_id, at, action, client_id, key_id, session_id, order_id, brake_id from audit_log
        where ${conditions.join(' and ')} order by entry_id desc limit ${bind(limit)}`,
      values,
    );
    return rows.map(toEntry);
  },
});

const toEntry = (row: LogRow): LogEntry => ({
  entryId: row.entry_id,
  at: row.at.toISOString(),
  action: row.action,
  clientId: row.client_id,
  keyId: row.key_id,
  ...(row.session_id !== null && { sessionId: row.session_id }),
  ...(row.order_id !== null && { orderId: row.order_id }),
  ...(row.brake_id !== null && { brakeId: row.brake_id }),
});
