import type { OutboxEvent } from '../../contracts/ports/event-destination.ts';
import type {
  WebhookDeliveryState,
  WebhookEndpointState,
  WebhookFailure,
} from '../../contracts/http/webhooks.ts';
import { toOutboxEvent, type OutboxRow } from './event-outbox.ts';
import type { Pool } from './pool.ts';

export interface WebhookDelivery {
  deliveryId: string;
  endpointId: string;
  orderId: string;
  sequence: number;
  type: string;
  state: WebhookDeliveryState;
  reason?: WebhookFailure;
  attempts: number;
  createdAt: Date;
  nextAttemptAt?: Date;
  settledAt?: Date;
}

/** One try: what was asked and answered. */
export interface WebhookAttempt {
  startedAt: Date;
  durationMs: number;
  /** Of the request. */
  headers: Record<string, string>;
  /** Of the answer; absent where there was none. */
  status?: number;
  answer?: string;
  error?: string;
}

/** A delivery with all that is needed to send it. */
export interface SendableDelivery extends WebhookDelivery {
  event: OutboxEvent;
  /** Since when it is tried, and how often it had been before. */
  since: Date;
  triedBefore: number;
  url: string;
  endpointState: WebhookEndpointState;
  /** Newest first; a request is signed with each of them. */
  secrets: string[];
}

/** What has come of an attempt. */
export type WebhookOutcome =
  | { state: 'delivered' }
  | { state: 'pending'; retryInMs: number }
  | { state: 'failed'; reason: WebhookFailure };

/** A place in a list of deliveries. */
export interface WebhookDeliveryCursor {
  createdAt: string;
  deliveryId: string;
}

export interface WebhookDeliveries {
  /** A delivery for each endpoint that wants the event; one that is there already stays as it is. */
  add(events: readonly OutboxEvent[]): Promise<void>;
  /**
   * Those that Temporal has not got yet, the oldest of each endpoint first: so many at most of an endpoint are begun and not
   * tried yet, so that one that is slow does not fill the queue.
   */
  unstarted(limit: number, ofEndpoint: number): Promise<string[]>;
  /** Temporal has got them. Those that were `underWay` before may be about to end with what they were, unless they have tried since. */
  markStarted(deliveryIds: readonly string[], underWay: readonly string[]): Promise<void>;
  /** Those that should have been tried so many milliseconds ago: they wait to be begun again. Answers how many. */
  restartOverdue(afterMs: number): Promise<number>;
  find(deliveryId: string): Promise<SendableDelivery | undefined>;
  /** The newest so many, oldest first. */
  attempts(deliveryId: string, limit: number): Promise<(WebhookAttempt & { attempt: number })[]>;
  /**
   * Writes down an attempt and what has come of it. `gave_up` disables an endpoint at which nothing has arrived for
   * `disableAfterMs`, `endpoint_gone` removes it. Answers what became of the endpoint, where something did.
   */
  record(
    delivery: Pick<WebhookDelivery, 'deliveryId' | 'endpointId'>,
    attempt: WebhookAttempt | undefined,
    verdict: WebhookOutcome,
    disableAfterMs: number,
  ): Promise<Exclude<WebhookEndpointState, 'enabled'> | undefined>;
  /** Newest first. */
  list(
    endpointId: string,
    state: WebhookDeliveryState | undefined,
    limit: number,
    after?: WebhookDeliveryCursor,
  ): Promise<(WebhookDelivery & { place: string })[]>;
  /** It is sent once more, whether or not it has arrived. False: it is on its way already. */
  resend(deliveryId: string): Promise<boolean>;
  /** Events since then that have not arrived and are not on their way: they are sent, the oldest first. Answers how many. */
  recover(endpointId: string, since: Date, limit: number): Promise<number>;
  /** Forgets what was settled so many milliseconds ago. Answers how many. */
  deleteSettled(settledBeforeMs: number, limit: number): Promise<number>;
}

interface Row {
  delivery_id: string;
  endpoint_id: string;
  order_id: string;
  sequence: number;
  type: string;
  state: WebhookDeliveryState;
  reason: WebhookFailure | null;
  attempts: number;
  created_at: Date;
  next_attempt_at: Date | null;
  settled_at: Date | null;
}

interface SendableRow extends Row, Pick<OutboxRow, 'tx' | 'position' | 'data' | 'occurred_at'> {
  since: Date;
  tried_before: number;
  url: string;
  endpoint_state: WebhookEndpointState;
  secrets: string[];
}

interface AttemptRow {
  attempt: number;
  started_at: Date;
  duration_ms: number;
  headers: Record<string, string>;
  status: number | null;
  answer: string | null;
  error: string | null;
}

const COLUMNS = `delivery_id, endpoint_id, order_id, sequence, type, state, reason, attempts, created_at, next_attempt_at,
  settled_at`;
const OF_DELIVERY = COLUMNS.replaceAll(/\w+/g, 'd.$&');

const RECORD = `
  with settled as (
    update webhook_deliveries
       set attempts = attempts + $8, state = $2, reason = $3,
           next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond',
           settled_at = case when $2 <> 'pending' then clock_timestamp() end
     where delivery_id = $1 and state = 'pending'
    returning delivery_id, attempts, since
  ), kept as (
    insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, headers, status, answer, error)
    select delivery_id, attempts, $9, $10, $11, $12, $13, $14 from settled where $8 = 1
  ), well as (
    update webhook_endpoints set failing_since = null
     where endpoint_id = $5 and $2 = 'delivered' and failing_since is not null
  ), ill as (
    update webhook_endpoints
       set failing_since = coalesce(failing_since, clock_timestamp())
     where endpoint_id = $5 and $2 = 'pending' and failing_since is null
  )
  update webhook_endpoints e
     set state = $6, state_reason = $7::text, state_since = clock_timestamp(), told = case when contact is null then null else false end,
         failing_since = coalesce(failing_since, clock_timestamp())
    from settled
   where endpoint_id = $5 and e.state = 'enabled' and $6::text is not null
     and ($7::text = 'gone' or e.failing_since <= clock_timestamp() - $15 * interval '1 millisecond')
  returning e.state`;

export function createWebhookDeliveries(pool: Pool): WebhookDeliveries {
  return {
    async add(events) {
      await pool.query({
        name: 'add_webhook_deliveries',
        text: `
          insert into webhook_deliveries (delivery_id, endpoint_id, order_id, sequence, type)
          select concat_ws('.', e.endpoint_id, n.order_id, n.sequence), e.endpoint_id, n.order_id, n.sequence, n.type
            from unnest($1::text[], $2::integer[], $3::text[], $4::timestamptz[]) with ordinality
                   as n (order_id, sequence, type, occurred_at, place)
            join webhook_endpoints e on e.state = 'enabled' and n.occurred_at >= e.created_at
                                    and (e.events = '{}' or n.type = any(e.events))
           order by n.place
          on conflict do nothing`,
        values: [
          events.map(({ orderId }) => orderId),
          events.map(({ sequence }) => sequence),
          events.map(({ type }) => type),
          events.map(({ occurredAt }) => occurredAt),
        ],
      });
    },

    async unstarted(limit, ofEndpoint) {
      const { rows } = await pool.query<{ delivery_id: string }>({
        name: 'waiting_webhook_deliveries',
        text: `
          select d.delivery_id
            from webhook_endpoints e cross join lateral (
              select delivery_id, since from webhook_deliveries
               where endpoint_id = e.endpoint_id and state = 'pending' and started_at is null
               order by since
               limit greatest(0, $2 - (select count(*) from webhook_deliveries
                                        where endpoint_id = e.endpoint_id and state = 'pending'
                                          and started_at is not null and attempts = tried_before))) d
           order by d.since limit $1`,
        values: [limit, ofEndpoint],
      });
      return rows.map(({ delivery_id }) => delivery_id);
    },

    async markStarted(deliveryIds, underWay) {
      await pool.query({
        name: 'started_webhook_deliveries',
        text: `update webhook_deliveries set started_at = clock_timestamp()
                where state = 'pending' and started_at is null
                  and (delivery_id = any($1::text[]) or delivery_id = any($2::text[]) and attempts > tried_before)`,
        values: [deliveryIds, underWay],
      });
    },

    async restartOverdue(afterMs) {
      const { rowCount } = await pool.query(
        `update webhook_deliveries set started_at = null
          where state = 'pending' and started_at is not null
            and coalesce(next_attempt_at, started_at) < clock_timestamp() - $1 * interval '1 millisecond'`,
        [afterMs],
      );
      return rowCount ?? 0;
    },

    async find(deliveryId) {
      const { rows } = await pool.query<SendableRow>({
        name: 'find_webhook_delivery',
        text: `
          select ${OF_DELIVERY}, d.since, d.tried_before, n.tx, n.position, n.data, n.occurred_at, e.url, e.state as endpoint_state,
                 array(select secret from webhook_secrets s
                        where s.endpoint_id = e.endpoint_id and (expires_at is null or expires_at > clock_timestamp())
                        order by s.created_at desc) as secrets
            from webhook_deliveries d
            join webhook_endpoints e using (endpoint_id)
            join order_events n on n.order_id = d.order_id and n.sequence = d.sequence
           where d.delivery_id = $1`,
        values: [deliveryId],
      });
      return rows[0] && toSendable(rows[0]);
    },

    async attempts(deliveryId, limit) {
      const { rows } = await pool.query<AttemptRow>(
        `select attempt, started_at, duration_ms, headers, status, answer, error from webhook_attempts
          where delivery_id = $1 order by attempt desc limit $2`,
        [deliveryId, limit],
      );
      return rows.reverse().map(toAttempt);
    },

    async record({ deliveryId, endpointId }, attempt, verdict, disableAfterMs) {
      const end = endOfEndpoint(verdict);
      const { rows } = await pool.query<{ state: 'disabled' | 'removed' }>({
        name: 'record_webhook_attempt',
        text: RECORD,
        values: [
          deliveryId,
          verdict.state,
          verdict.state === 'failed' ? verdict.reason : null,
          verdict.state === 'pending' ? verdict.retryInMs : null,
          endpointId,
          end?.state ?? null,
          end?.reason ?? null,
          attempt ? 1 : 0,
          attempt?.startedAt ?? null,
          attempt?.durationMs ?? null,
          attempt?.headers ?? null,
          attempt?.status ?? null,
          attempt?.answer ?? null,
          attempt?.error ?? null,
          disableAfterMs,
        ],
      });
      return rows[0]?.state;
    },

    async list(endpointId, state, limit, after) {
      const { rows } = await pool.query<Row & { place: string }>(
        `select ${COLUMNS}, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
           from webhook_deliveries
          where endpoint_id = $1 and ($2::text is null or state = $2)
            and ($4::timestamptz is null or (created_at, delivery_id) < ($4, $5::text))
          order by created_at desc, delivery_id desc limit $3`,
        [endpointId, state ?? null, limit, after?.createdAt ?? null, after?.deliveryId ?? null],
      );
      return rows.map((row) => ({ ...toDelivery(row), place: row.place }));
    },

    async resend(deliveryId) {
      const { rowCount } = await pool.query(
        `update webhook_deliveries
            set state = 'pending', reason = null, since = clock_timestamp(), tried_before = attempts, started_at = null, next_attempt_at = null,
                settled_at = null
          where delivery_id = $1 and state <> 'pending'`,
        [deliveryId],
      );
      return rowCount === 1;
    },

    async recover(endpointId, since, limit) {
      const { rowCount } = await pool.query(
        `insert into webhook_deliveries as d (delivery_id, endpoint_id, order_id, sequence, type)
         select concat_ws('.', e.endpoint_id, n.order_id, n.sequence), e.endpoint_id, n.order_id, n.sequence, n.type
           from webhook_endpoints e
           join order_events n on n.occurred_at >= $2 and (e.events = '{}' or n.type = any(e.events))
           left join webhook_deliveries known
             on known.endpoint_id = e.endpoint_id and known.order_id = n.order_id and known.sequence = n.sequence
          where e.endpoint_id = $1 and (known.state is null or known.state = 'failed')
          order by n.tx, n.position limit $3
         on conflict (endpoint_id, order_id, sequence) do update
            set state = 'pending', reason = null, since = clock_timestamp(), tried_before = d.attempts, started_at = null, next_attempt_at = null,
                settled_at = null
          where d.state = 'failed'`,
        [endpointId, since, limit],
      );
      return rowCount ?? 0;
    },

    async deleteSettled(settledBeforeMs, limit) {
      const { rowCount } = await pool.query(
        `delete from webhook_deliveries where delivery_id in (
           select delivery_id from webhook_deliveries
            where state <> 'pending' and settled_at < clock_timestamp() - $1 * interval '1 millisecond' limit $2)`,
        [settledBeforeMs, limit],
      );
      return rowCount ?? 0;
    },
  };
}

function endOfEndpoint(
  verdict: WebhookOutcome,
): { state: 'disabled' | 'removed'; reason: 'failing' | 'gone' } | undefined {
  if (verdict.state !== 'failed') return undefined;
  if (verdict.reason === 'endpoint_gone') return { state: 'removed', reason: 'gone' };
  if (verdict.reason === 'gave_up') return { state: 'disabled', reason: 'failing' };
  return undefined;
}

const toDelivery = (row: Row): WebhookDelivery => ({
  deliveryId: row.delivery_id,
  endpointId: row.endpoint_id,
  orderId: row.order_id,
  sequence: row.sequence,
  type: row.type,
  state: row.state,
  ...(row.reason !== null && { reason: row.reason }),
  attempts: row.attempts,
  createdAt: row.created_at,
  ...(row.next_attempt_at !== null && { nextAttemptAt: row.next_attempt_at }),
  ...(row.settled_at !== null && { settledAt: row.settled_at }),
});

const toSendable = (row: SendableRow): SendableDelivery => ({
  ...toDelivery(row),
  event: toOutboxEvent(row),
  since: row.since,
  triedBefore: row.tried_before,
  url: row.url,
  endpointState: row.endpoint_state,
  secrets: row.secrets,
});

const toAttempt = (row: AttemptRow): WebhookAttempt & { attempt: number } => ({
  attempt: row.attempt,
  startedAt: row.started_at,
  durationMs: row.duration_ms,
  headers: row.headers,
  ...(row.status !== null && { status: row.status }),
  ...(row.answer !== null && { answer: row.answer }),
  ...(row.error !== null && { error: row.error }),
});
