import { RESPOND_TO_DISPUTE } from '../../contracts/dispute-states.ts';
import {
  MAX_QUEUE_COUNT,
  OPERATOR_QUEUES,
  WATCHED_QUEUES,
  type QueueName,
  type QueuesView,
  type QueueView,
} from '../../contracts/http/board.ts';
import { LATE_SHIPMENTS } from './late-shipments.ts';
import { CARRY_STEP } from './order-carriers.ts';
import { HOLD_WARNING } from './order-conditions.ts';
import type { Pool } from './pool.ts';

export interface QueueReader {
  /** Counts what waits for an operator, and since when. Of the whole shop, not of one client. */
  read(): Promise<QueuesView>;
}

/** One row more than is counted shows that there are more. */
const ROWS = MAX_QUEUE_COUNT + 1;

/** The oldest shipments with a status, of those that are older than an interval. The index of shipments begins with the status. */
const shipmentsOf = (status: string, condition: string): string =>
  `(select coalesce(handed_over_at, created_at) as at from shipments where status = '${status}' and ${condition}
    order by created_at limit ${ROWS})`;

/**
 * The entries of each queue, oldest first and limited: `at` is since when an entry waits, `due` its deadline. Each query reads an index
 * that has the entries of the queue alone (db/indexes), so that it does not matter how many open orders there are.
 */
const ENTRIES: Readonly<Record<QueueName, string>> = {
  // The steps with a queue of their own are not counted twice.
  attention: `
    select min(at) as at, min(due) as due
      from (select order_id, since as at, deadline as due from parked_steps
             where step not in ('${CARRY_STEP}', '${RESPOND_TO_DISPUTE}') order by since limit ${ROWS}) steps
     group by order_id`,
  review: `
    select created_at as at, (review ->> 'deadline')::timestamptz as due from orders
     where status = 'in_review' order by created_at limit ${ROWS}`,
  disputes: `
    select opened_at as at, evidence_due_at as due from disputes
     where closed_at is null and dispute_needs_response(status) order by evidence_due_at limit ${ROWS}`,
  oversold: `
    select (select min(o.created_at) from reservations r join orders o using (order_id)
             where r.sku = l.sku and r.short > 0) as at, null::timestamptz as due
      from (select distinct sku from stock_levels where oversold > 0 limit ${ROWS}) l`,
  'carrier-lost': `
    select since as at, null::timestamptz as due from parked_steps
     where step = '${CARRY_STEP}' order by since limit ${ROWS}`,
  returns: `
    select at, null::timestamptz as due
      from ((select created_at as at from returns where status = 'requested' order by created_at limit ${ROWS})
            union all
            (select created_at from returns where status = 'open' order by created_at limit ${ROWS})) r
     limit ${ROWS}`,
  'dead-letters': `
    select first_seen_at as at, null::timestamptz as due from dead_letters
     where state = 'waiting' order by first_seen_at limit ${ROWS}`,
  webhooks: `
    select coalesce(failing_since, state_since) as at, null::timestamptz as due from webhook_endpoints
     where state = 'enabled' and failing_since is not null or state = 'disabled' and state_reason = 'failing' limit ${ROWS}`,
  'audit-differences': `
    select a.finished_at as at, null::timestamptz as due
      from (select finished_at, difference_count from audits where finished_at is not null
             order by started_at desc limit 1) a, generate_series(1, least(a.difference_count, ${ROWS}))`,
  'payment-unknown': `
    select created_at as at, null::timestamptz as due from orders
     where status = 'payment_unknown' order by created_at limit ${ROWS}`,
  holds: `
    select created_at as at, capture_before as due from payments
     where capturable > 0 and capture_before < now() + interval '${HOLD_WARNING}' order by capture_before limit ${ROWS}`,
  late: `
    select at, null::timestamptz as due
      from (${LATE_SHIPMENTS.flatMap(({ statuses, condition }) =>
        statuses.map((status) => shipmentsOf(status, condition)),
      ).join(' union all ')}) s limit ${ROWS}`,
};

const QUEUES: readonly { name: QueueName; group: QueueView['group'] }[] = [
  ...OPERATOR_QUEUES.map((name) => ({ name, group: 'need_you' as const })),
  ...WATCHED_QUEUES.map((name) => ({ name, group: 'watch' as const })),
];

const TEXT = QUEUES.map(
  ({ name }) => `
  select '${name}' as name, count(*) as count, min(at) as oldest_at, min(due) as due_at from (${ENTRIES[name]}) q`,
).join(' union all ');

interface QueueRow {
  name: QueueName;
  count: number;
  oldest_at: Date | null;
  due_at: Date | null;
}

export const createQueueReader = (pool: Pool): QueueReader => ({
  async read() {
    // Not prepared: a plan that was made for small tables would stay.
    const { rows } = await pool.query<QueueRow>(TEXT);
    const found = new Map(rows.map((row) => [row.name, row]));
    return {
      queues: QUEUES.map(({ name, group }) => toView(name, group, found.get(name))),
      checkedAt: new Date().toISOString(),
    };
  },
});

const toView = (name: QueueName, group: QueueView['group'], row: QueueRow | undefined): QueueView => ({
  name,
  group,
  count: Math.min(row?.count ?? 0, MAX_QUEUE_COUNT),
  ...(row && row.count > MAX_QUEUE_COUNT && { atLeast: true as const }),
  ...(row?.oldest_at && { oldestAt: row.oldest_at.toISOString() }),
  ...(row?.due_at && { dueAt: row.due_at.toISOString() }),
});
