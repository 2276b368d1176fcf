import type { OutboxEvent } from '../../contracts/ports/event-destination.ts';
import type { Pool } from './pool.ts';

/** Decides which deliveries are sent: the relay adds them, and starts an activity for each. */
export interface WebhookDeliveryQueue {
  /** Adds a delivery for each endpoint that subscribes to the event. A delivery that exists stays as it is. */
  add(events: readonly OutboxEvent[]): Promise<void>;
  /**
   * Returns pending deliveries that have no activity yet, the oldest of each endpoint first. Of one endpoint at most
   * `maxStartedPerEndpoint` deliveries are started and not attempted yet, so that a slow endpoint does not fill the task queue.
   */
  unstarted(limit: number, maxStartedPerEndpoint: number): Promise<string[]>;
  /**
   * Records that Temporal has an activity for each of these deliveries. `alreadyRunning` are deliveries that had an activity before:
   * it may be about to complete with the state that the delivery had before it was sent again, so such a delivery is recorded as
   * started only if it has been attempted since.
   */
  markStarted(deliveryIds: readonly string[], alreadyRunning: readonly string[]): Promise<void>;
  /**
   * Makes deliveries unstarted again whose attempt was due more than this many milliseconds ago.
   *
   * @returns how many
   */
  restartOverdue(afterMs: number): Promise<number>;
  /** Makes a delivery pending again, whether it was delivered or failed. Returns false if it is pending already. */
  resend(deliveryId: string): Promise<boolean>;
  /**
   * Adds deliveries for events since then that have none, and makes failed ones pending again, the oldest events first.
   *
   * @returns how many
   */
  recover(endpointId: string, since: Date, limit: number): Promise<number>;
}

export function createWebhookDeliveryQueue(pool: Pool): WebhookDeliveryQueue {
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

    async unstarted(limit, maxStartedPerEndpoint) {
      const { rows } = await pool.query<{ delivery_id: string }>({
        name: 'unstarted_webhook_deliveries',
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
        values: [limit, maxStartedPerEndpoint],
      });
      return rows.map(({ delivery_id }) => delivery_id);
    },

    async markStarted(deliveryIds, alreadyRunning) {
      await pool.query({
        name: 'mark_webhook_deliveries_started',
        text: `update webhook_deliveries set started_at = clock_timestamp()
                where state = 'pending' and started_at is null
                  and (delivery_id = any($1::text[]) or delivery_id = any($2::text[]) and attempts > tried_before)`,
        values: [deliveryIds, alreadyRunning],
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
          where e.endpoint_id = $1 and n.tx is not null and (known.state is null or known.state = 'failed')
          order by n.tx, n.position limit $3
         on conflict (endpoint_id, order_id, sequence) do update
            set state = 'pending', reason = null, since = clock_timestamp(), tried_before = d.attempts, started_at = null, next_attempt_at = null,
                settled_at = null
          where d.state = 'failed'`,
        [endpointId, since, limit],
      );
      return rowCount ?? 0;
    },
  };
}
