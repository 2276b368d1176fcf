import type { BrakeKind } from '../../contracts/brakes.ts';
import type { BrakeView } from '../../contracts/http/brakes.ts';
import { actorOf, type LoggedClient } from './operator-log.ts';
import type { Pool } from './pool.ts';

/** Whose request sets or releases a brake. */
export type BrakeSetter = LoggedClient & { keyId: string };

export interface NewBrake extends BrakeSetter {
  kind: BrakeKind;
  target: string;
  reason: string;
}

export interface BrakeFilter {
  /** true: only those that are on; false: only those that were released. */
  active?: boolean;
  limit: number;
  /** The `brakeId` of the last one of the page before. */
  before?: number;
}

/** The history of brakes. The database refuses every change of it but a release. */
export interface BrakeStore {
  /** Sets a brake, with an entry in the log. If one of this kind and target is on, it stays as it is, and `added` is false. */
  set(brake: NewBrake): Promise<{ brake: BrakeView; added: boolean }>;
  /** Releases a brake, with an entry in the log. Safe to repeat: the first release counts. `undefined`: there is no such brake. */
  release(brakeId: number, by: BrakeSetter & { reason: string }): Promise<BrakeView | undefined>;
  /** Newest first. */
  list(filter: BrakeFilter): Promise<BrakeView[]>;
}

interface BrakeRow {
  brake_id: number;
  kind: BrakeKind;
  target: string;
  reason: string;
  set_at: Date;
  set_client_id: string;
  set_key_id: string;
  set_session_id: string | null;
  released_at: Date | null;
  release_reason: string | null;
  release_client_id: string | null;
  release_key_id: string | null;
  release_session_id: string | null;
  affected: number;
}

/** Somebody else may change the brake while a statement runs, which then sees it as it was before. */
const TRIES = 5;

export function createBrakeStore(pool: Pool): BrakeStore {
  return {
    async set({ kind, target, reason, clientId, keyId, sessionId }) {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const { rows } = await pool.query<BrakeRow & { added: boolean }>(
          `with added as (
             insert into brakes (kind, target, reason, set_client_id, set_key_id, set_session_id)
             values ($1, $2, $3, $4, $5, $6) on conflict (kind, target) where released_at is null do nothing returning *
           ), logged as (
             insert into audit_log (action, client_id, key_id, session_id, actor, object_type, object_id, reason)
             select 'brake_set', $4, $5, $6, $7, 'brake', brake_id, $3 from added
           )
           select *, true as added from added
           union all
           select *, false from brakes where kind = $1 and target = $2 and released_at is null`,
          [kind, target, reason, clientId, keyId, sessionId ?? null, actorOf(clientId, sessionId)],
        );
        const [row] = rows;
        if (row) return { brake: toView(row), added: row.added };
      }
      throw new Error('The brake was set and released by others at the same time, again and again');
    },

    async release(brakeId, { reason, clientId, keyId, sessionId }) {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const { rows } = await pool.query<BrakeRow>(
          `with released as (
             update brakes set released_at = clock_timestamp(), release_reason = $2, release_client_id = $3,
                               release_key_id = $4, release_session_id = $5
              where brake_id = $1 and released_at is null returning *
           ), logged as (
             insert into audit_log (action, client_id, key_id, session_id, actor, object_type, object_id, reason)
             select 'brake_released', $3, $4, $5, $6, 'brake', brake_id, $2 from released
           )
           select * from released
           union all
           select * from brakes where brake_id = $1 and not exists (select from released)`,
          [brakeId, reason, clientId, keyId, sessionId ?? null, actorOf(clientId, sessionId)],
        );
        const [row] = rows;
        if (!row) return undefined;
        if (row.released_at) return toView(row);
      }
      throw new Error('The release of the brake was not recorded');
    },

    async list({ active, limit, before }) {
      const values: unknown[] = [];
      const bind = (value: unknown) => `$${values.push(value)}`;
      const conditions = ['true'];
      if (active !== undefined) conditions.push(`released_at is ${active ? '' : 'not '}null`);
      if (before !== undefined) conditions.push(`brake_id < ${bind(before)}`);
      const { rows } = await pool.query<BrakeRow>(
        `select * from brakes where ${conditions.join(' and ')} order by brake_id desc limit ${bind(limit)}`,
        values,
      );
      return rows.map(toView);
    },
  };
}

const toView = (row: BrakeRow): BrakeView => ({
  brakeId: row.brake_id,
  kind: row.kind,
  target: row.target,
  reason: row.reason,
  setAt: row.set_at.toISOString(),
  setBy: actorOf(row.set_client_id, row.set_session_id),
  ...(row.released_at && {
    releasedAt: row.released_at.toISOString(),
    releasedBy: actorOf(row.release_client_id ?? '', row.release_session_id),
    releaseReason: row.release_reason ?? '',
  }),
  affected: row.affected,
});
