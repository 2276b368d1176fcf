import type { Actor } from '../../contracts/actor.ts';
import type { LogAction, LogEntry, LoggedObject } from '../../contracts/http/board.ts';
import type { Pool } from './pool.ts';

/** Whose request it is: a client with one of its keys, in a session of the board or without one. A message has no key. */
export interface LoggedClient {
  clientId: string;
  keyId?: string | undefined;
  sessionId?: string | undefined;
}

/** What was done, to which object, and why, in the words of whoever did it. It holds no data of customers. */
export interface LoggedAction {
  action: LogAction;
  /** Without an id: several objects, or all of this type. */
  object?: { type: LoggedObject; id?: string };
  /** The order of the object, if that is not the order itself. */
  orderId?: string;
  reason?: string;
  /** Absent: as the client and the session say. */
  actor?: Actor;
  /** SHA-256 of what was asked for under an idempotency key. A repeat, which has the same one, adds no entry. */
  requestHash?: string;
}

export interface LogFilter {
  orderId?: string;
  action?: LogAction;
  limit: number;
  /** The `entryId` of the last entry of the page before. */
  before?: number;
}

/** What operators and clients did and saw. The database refuses every change of an entry. */
export interface OperatorLog {
  /** Resolves when the entries are durable, all of them or none. Safe to run twice for actions with a `requestHash`; every other call adds entries. */
  add(client: LoggedClient, ...actions: LoggedAction[]): Promise<void>;
  /** Newest first. */
  list(filter: LogFilter): Promise<LogEntry[]>;
}

interface LogRow {
  entry_id: number;
  at: Date;
  action: LogAction;
  client_id: string;
  key_id: string | null;
  session_id: string | null;
  order_id: string | null;
  actor: Actor | null;
  object_type: LoggedObject | null;
  object_id: string | null;
  reason: string | null;
}

export const createOperatorLog = (pool: Pool): OperatorLog => ({
  async add({ clientId, keyId, sessionId }, ...actions) {
    if (actions.length === 0) return;
    const rows = actions.map(({ action, actor, object, orderId, reason, requestHash }) => ({
      action,
      actor: actor ?? actorOf(clientId, sessionId),
      objectType: object?.type,
      objectId: object?.id,
      orderId: orderId ?? (object?.type === 'order' ? object.id : undefined),
      reason,
      requestHash,
    }));
    await pool.query(
      `insert into audit_log (action, client_id, key_id, session_id, order_id, actor, object_type, object_id, reason, request_hash)
       select r ->> 'action', $2, $3, $4, r ->> 'orderId', r -> 'actor', r ->> 'objectType', r ->> 'objectId', r ->> 'reason', r ->> 'requestHash'
         from jsonb_array_elements($1) with ordinality x (r, n) order by n
       on conflict (request_hash) where request_hash is not null do nothing`,
      [JSON.stringify(rows), clientId, keyId ?? null, sessionId ?? null],
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
      `select entry_id, at, action, client_id, key_id, session_id, order_id, actor, object_type, object_id, reason from audit_log
        where ${conditions.join(' and ')} order by entry_id desc limit ${bind(limit)}`,
      values,
    );
    return rows.map(toEntry);
  },
});

/** A client, or the operator of a session. */
export const actorOf = (id: string, sessionId: string | null | undefined): Actor =>
  sessionId == null ? { type: 'client', id } : { type: 'operator', id, sessionId };

const toEntry = (row: LogRow): LogEntry => ({
  entryId: row.entry_id,
  at: row.at.toISOString(),
  action: row.action,
  actor: row.actor ?? actorOf(row.client_id, row.session_id),
  ...(row.object_type !== null && {
    object: { type: row.object_type, ...(row.object_id !== null && { id: row.object_id }) },
  }),
  ...(row.reason !== null && { reason: row.reason }),
  clientId: row.client_id,
  ...(row.key_id !== null && { keyId: row.key_id }),
  ...(row.session_id !== null && { sessionId: row.session_id }),
  ...(row.order_id !== null && { orderId: row.order_id }),
});
