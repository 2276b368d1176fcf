import type { Actor, GivenBy } from '../../contracts/actor.ts';
import type { WebhookEndpointState, WebhookStateReason } from '../../contracts/http/webhooks.ts';
import { errorCode, type Pool } from './pool.ts';

export interface WebhookEndpoint {
  endpointId: string;
  url: string;
  /** Full types of the events; empty means all types. */
  events: string[];
  description?: string;
  contact?: string;
  state: WebhookEndpointState;
  reason?: WebhookStateReason;
  stateSince: Date;
  failingSince?: Date;
  /** Who has added or changed it last. */
  actor?: Actor;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewWebhookEndpoint extends GivenBy {
  endpointId: string;
  url: string;
  events: readonly string[];
  description?: string;
  contact?: string;
  secret: string;
}

/** The fields to change; an absent field stays as it is. */
export interface WebhookEndpointChanges extends GivenBy {
  url?: string;
  events?: readonly string[];
  description?: string;
  contact?: string;
  state?: WebhookEndpointState;
}

/** A position in the list of endpoints. */
export interface WebhookEndpointCursor {
  /** ISO 8601 with microseconds, as {@link WebhookEndpoints.list} gives it. */
  createdAt: string;
  endpointId: string;
}

/** An endpoint that was disabled or removed automatically, and whose contact was not notified yet. */
export interface UnnotifiedEndpoint {
  endpointId: string;
  stateSince: Date;
}

export interface WebhookEndpoints {
  /** Returns false if another endpoint has the URL. */
  add(endpoint: NewWebhookEndpoint): Promise<boolean>;
  find(endpointId: string): Promise<WebhookEndpoint | undefined>;
  /** Returns the endpoint of this URL that is not removed, with its newest secret. */
  findByUrl(url: string): Promise<(WebhookEndpoint & { secret: string }) | undefined>;
  /** Newest first. `place` is the `createdAt` of the endpoint's cursor. */
  list(
    states: readonly WebhookEndpointState[],
    limit: number,
    after?: WebhookEndpointCursor,
  ): Promise<(WebhookEndpoint & { place: string })[]>;
  /** Returns the changed endpoint, `taken` if another endpoint has the URL, or `undefined` if there is none or it is removed. */
  change(endpointId: string, changes: WebhookEndpointChanges): Promise<WebhookEndpoint | 'taken' | undefined>;
  /**
   * Adds a new secret. The secrets before it stay valid for `overlapMs` milliseconds more.
   *
   * @returns when the previous secret expires, or `undefined` if there is no such endpoint
   */
  rotate(endpointId: string, secret: string, overlapMs: number, actor?: Actor): Promise<Date | undefined>;
  /** Returns whether any endpoint exists or has existed. */
  any(): Promise<boolean>;
  /** Returns the endpoints whose contact has to be notified. */
  unnotified(): Promise<UnnotifiedEndpoint[]>;
  markContactNotified(endpointId: string): Promise<void>;
}

interface Row {
  endpoint_id: string;
  url: string;
  events: string[];
  description: string | null;
  contact: string | null;
  state: WebhookEndpointState;
  state_reason: WebhookStateReason | null;
  state_since: Date;
  failing_since: Date | null;
  actor: Actor | null;
  created_at: Date;
  updated_at: Date;
}

const COLUMNS = `endpoint_id, url, events, description, contact, state, state_reason, state_since, failing_since,
  actor, created_at, updated_at`;
const UNIQUE_VIOLATION = '23505';

export function createWebhookEndpoints(pool: Pool): WebhookEndpoints {
  return {
    async add({ endpointId, url, events, description, contact, secret, actor }) {
      // Its events begin at the current end of the outbox, also if no relay has leased the destination `webhooks` yet.
      const { rowCount } = await pool.query(
        `with added as (
           insert into webhook_endpoints (endpoint_id, url, events, description, contact, actor)
           values ($1, $2, $3, $4, $5, $7)
           on conflict (url) where state <> 'removed' do nothing returning endpoint_id
         ), begun as (
           insert into event_destinations (name, tx, position)
           select 'webhooks', event_feed_end(), 0 from added on conflict (name) do nothing
         )
         insert into webhook_secrets (endpoint_id, secret) select endpoint_id, $6 from added`,
        [endpointId, url, events, description ?? null, contact ?? null, secret, actor ?? null],
      );
      return rowCount === 1;
    },

    async find(endpointId) {
      const { rows } = await pool.query<Row>(
        `select ${COLUMNS} from webhook_endpoints where endpoint_id = $1`,
        [endpointId],
      );
      return rows[0] && toEndpoint(rows[0]);
    },

    async findByUrl(url) {
      const { rows } = await pool.query<Row & { secret: string }>(
        `select ${COLUMNS}, (select secret from webhook_secrets s
                              where s.endpoint_id = e.endpoint_id and expires_at is null) as secret
           from webhook_endpoints e where url = $1 and state <> 'removed'`,
        [url],
      );
      return rows[0] && { ...toEndpoint(rows[0]), secret: rows[0].secret };
    },

    async list(states, limit, after) {
      const { rows } = await pool.query<Row & { place: string }>(
        `select ${COLUMNS}, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
           from webhook_endpoints
          where state = any($1::text[]) and ($3::timestamptz is null or (created_at, endpoint_id) < ($3, $4::text))
          order by created_at desc, endpoint_id desc limit $2`,
        [states, limit, after?.createdAt ?? null, after?.endpointId ?? null],
      );
      return rows.map((row) => ({ ...toEndpoint(row), place: row.place }));
    },

    async change(endpointId, { url, events, description, contact, state, actor }) {
      try {
        const { rows } = await pool.query<Row>(
          `update webhook_endpoints
              set url = coalesce($2, url), events = coalesce($3, events), description = coalesce($4, description),
                  contact = coalesce($5, contact), updated_at = clock_timestamp(), actor = $7,
                  state = coalesce($6, state),
                  state_reason = case when $6 is null or $6 = state then state_reason
                                      when $6 <> 'enabled' then 'asked' end,
                  state_since = case when $6 is null or $6 = state then state_since else clock_timestamp() end,
                  contact_notified = case when $6 is null or $6 = state then contact_notified end,
                  failing_since = case when $6 = 'enabled' and state <> 'enabled' then null else failing_since end
            where endpoint_id = $1 and (state <> 'removed' or $6 = 'removed')
           returning ${COLUMNS}`,
          [
            endpointId,
            url ?? null,
            events ?? null,
            description ?? null,
            contact ?? null,
            state ?? null,
            actor ?? null,
          ],
        );
        return rows[0] && toEndpoint(rows[0]);
      } catch (error) {
        if (errorCode(error) === UNIQUE_VIOLATION) return 'taken';
        throw error;
      }
    },

    async rotate(endpointId, secret, overlapMs, actor) {
      const { rows } = await pool.query<{ expires_at: Date }>(
        `with found as (
           update webhook_endpoints set actor = $4 where endpoint_id = $1 and state <> 'removed'
           returning endpoint_id, clock_timestamp() + $3 * interval '1 millisecond' as expires_at
         ), ended as (
           update webhook_secrets s set expires_at = f.expires_at
             from found f where s.endpoint_id = f.endpoint_id and s.expires_at is null
         ), forgotten as (
           delete from webhook_secrets where endpoint_id = $1 and expires_at < clock_timestamp()
         ), added as (
           insert into webhook_secrets (endpoint_id, secret) select endpoint_id, $2 from found
         )
         select expires_at from found`,
        [endpointId, secret, overlapMs, actor ?? null],
      );
      return rows[0]?.expires_at;
    },

    async any() {
      const { rows } = await pool.query<{ found: boolean }>(
        'select exists (select from webhook_endpoints) as found',
      );
      return rows[0]?.found === true;
    },

    async unnotified() {
      const { rows } = await pool.query<{ endpoint_id: string; state_since: Date }>(
        'select endpoint_id, state_since from webhook_endpoints where contact_notified = false',
      );
      return rows.map((row) => ({ endpointId: row.endpoint_id, stateSince: row.state_since }));
    },

    async markContactNotified(endpointId) {
      await pool.query(
        'update webhook_endpoints set contact_notified = true where endpoint_id = $1 and contact_notified = false',
        [endpointId],
      );
    },
  };
}

const toEndpoint = (row: Row): WebhookEndpoint => ({
  endpointId: row.endpoint_id,
  url: row.url,
  events: row.events,
  ...(row.description !== null && { description: row.description }),
  ...(row.contact !== null && { contact: row.contact }),
  state: row.state,
  ...(row.state_reason !== null && { reason: row.state_reason }),
  stateSince: row.state_since,
  ...(row.failing_since !== null && { failingSince: row.failing_since }),
  ...(row.actor && { actor: row.actor }),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});
