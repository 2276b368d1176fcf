import type { WebhookDeliveryState, WebhookEndpointState } from '../../contracts/http/webhooks.ts';
import type { WebhookAttempt } from '../../contracts/ports/webhook-attempt.ts';
import type { Pool } from './pool.ts';
import {
  COLUMNS,
  D_COLUMNS,
  toAttempt,
  toDelivery,
  toSendable,
  type AttemptRow,
  type DeliveryRow,
  type SendableDelivery,
  type SendableRow,
  type WebhookDelivery,
  type WebhookDeliveryCursor,
  type WebhookOutcome,
} from './webhook-delivery.ts';

/** Reads deliveries and records their attempts. */
export interface WebhookDeliveryLog {
  find(deliveryId: string): Promise<SendableDelivery | undefined>;
  /** Returns the newest attempts, oldest first. */
  attempts(deliveryId: string, limit: number): Promise<(WebhookAttempt & { attempt: number })[]>;
  /**
   * Records an attempt and its outcome. `gave_up` disables the endpoint if no delivery to it has succeeded for `disableAfterMs`
   * milliseconds, `endpoint_gone` removes it.
   *
   * @returns the new state of the endpoint if it has changed
   */
  record(
    delivery: Pick<WebhookDelivery, 'deliveryId' | 'endpointId'>,
    attempt: WebhookAttempt | undefined,
    outcome: WebhookOutcome,
    disableAfterMs: number,
  ): Promise<Exclude<WebhookEndpointState, 'enabled'> | undefined>;
  /** Newest first. `place` is the `createdAt` of the delivery's cursor. */
  list(
    endpointId: string,
    state: WebhookDeliveryState | undefined,
    limit: number,
    after?: WebhookDeliveryCursor,
  ): Promise<(WebhookDelivery & { place: string })[]>;
}

const RECORD = `
  with settled as (
    update webhook_deliveries
       set attempts = attempts + $8, state = $2, reason = $3,
           next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond',
           settled_at = case when $2 <> 'pending' then clock_timestamp() end
     where delivery_id = $1 and state = 'pending'
    returning delivery_id, attempts, since
  ), attempt as (
    insert into webhook_attempts (delivery_id, attempt, started_at, duration_ms, headers, status, answer, error)
    select delivery_id, attempts, $9, $10, $11, $12, $13, $14 from settled where $8 = 1
  ), recovered as (
    update webhook_endpoints set failing_since = null
     where endpoint_id = $5 and $2 = 'delivered' and failing_since is not null
  ), failing as (
    update webhook_endpoints
       set failing_since = coalesce(failing_since, clock_timestamp())
     where endpoint_id = $5 and $2 = 'pending' and failing_since is null
  )
  update webhook_endpoints e
     set state = $6, state_reason = $7::text, state_since = clock_timestamp(), contact_notified = case when contact is null then null else false end,
         failing_since = coalesce(failing_since, clock_timestamp())
    from settled
   where endpoint_id = $5 and e.state = 'enabled' and $6::text is not null
     and ($7::text = 'gone' or e.failing_since <= clock_timestamp() - $15 * interval '1 millisecond')
  returning e.state`;

export function createWebhookDeliveryLog(pool: Pool): WebhookDeliveryLog {
  return {
    async find(deliveryId) {
      const { rows } = await pool.query<SendableRow>({
        name: 'find_webhook_delivery',
        text: `
          select ${D_COLUMNS}, d.since, d.tried_before, n.tx, n.position, n.data, n.occurred_at, o.traceparent, e.url, e.state as endpoint_state,
                 array(select secret from webhook_secrets s
                        where s.endpoint_id = e.endpoint_id and (expires_at is null or expires_at > clock_timestamp())
                        order by s.created_at desc) as secrets
            from webhook_deliveries d
            join webhook_endpoints e using (endpoint_id)
            join order_events n on n.order_id = d.order_id and n.sequence = d.sequence
            left join orders o on o.order_id = d.order_id
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

    async record({ deliveryId, endpointId }, attempt, outcome, disableAfterMs) {
      const end = endOfEndpoint(outcome);
      const { rows } = await pool.query<{ state: 'disabled' | 'removed' }>({
        name: 'record_webhook_attempt',
        text: RECORD,
        values: [
          deliveryId,
          outcome.state,
          outcome.state === 'failed' ? outcome.reason : null,
          outcome.state === 'pending' ? outcome.retryInMs : null,
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
      const { rows } = await pool.query<DeliveryRow & { place: string }>(
        `select ${COLUMNS}, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as place
           from webhook_deliveries
          where endpoint_id = $1 and ($2::text is null or state = $2)
            and ($4::timestamptz is null or (created_at, delivery_id) < ($4, $5::text))
          order by created_at desc, delivery_id desc limit $3`,
        [endpointId, state ?? null, limit, after?.createdAt ?? null, after?.deliveryId ?? null],
      );
      return rows.map((row) => ({ ...toDelivery(row), place: row.place }));
    },
  };
}

function endOfEndpoint(
  outcome: WebhookOutcome,
): { state: 'disabled' | 'removed'; reason: 'failing' | 'gone' } | undefined {
  if (outcome.state !== 'failed') return undefined;
  if (outcome.reason === 'endpoint_gone') return { state: 'removed', reason: 'gone' };
  if (outcome.reason === 'gave_up') return { state: 'disabled', reason: 'failing' };
  return undefined;
}
