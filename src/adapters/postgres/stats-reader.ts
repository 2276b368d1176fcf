import type { Distribution, StatsView } from '../../contracts/http/stats.ts';
import { CARRY_STEP } from './order-carriers.ts';
import type { Pool } from './pool.ts';

export interface StatsReader {
  /** Reads the statistics of the orders that were placed, decided or notified within the window. */
  read(windowSeconds: number): Promise<StatsView>;
  /** The age of what the event feed waits for. */
  feed(): Promise<StatsView['feed']>;
}

const distribution = (milliseconds: string): string => `
  json_build_object('count', count(${milliseconds}), 'average', avg(${milliseconds}),
    'p50', percentile_cont(0.5) within group (order by ${milliseconds}),
    'p95', percentile_cont(0.95) within group (order by ${milliseconds}),
    'p99', percentile_cont(0.99) within group (order by ${milliseconds}))`;

const between = (from: string, to: string): string => `(extract(epoch from ${to} - ${from}) * 1000)::float8`;

/** Events behind are counted up to this number: beyond it the exact number does not matter. */
const MAX_COUNTED_EVENTS = 10_000;

/** The age of what the event feed waits for. */
const FEED = `(
  select json_strip_nulls(json_build_object(
           'unnumberedMs', coalesce((select ${between('occurred_at', 'clock_timestamp()')} from order_events
                                      where tx is null order by position limit 1), 0),
           'transactionMs', coalesce((select max(${between('xact_start', 'clock_timestamp()')}) from pg_stat_activity
                                       where datname = current_database() and backend_xid is not null
                                         and pid <> pg_backend_pid()), 0),
           'databaseChangedAt', (select iso_time(database_changed_at) from event_ticks order by tick desc limit 1))))`;

const STATS = `
  with decided as (
    select status, ${between('created_at', 'outcome_at')} as response,
           ${between('created_at', 'reserved_at')} as reserve,
           case when status = 'paid' then ${between('reserved_at', 'outcome_at')} end as charge
      from orders where outcome_at > now() - make_interval(secs => $1)
  ), notified as (
    select ${between('created_at', 'sent_at')} as notify
      from mails where created_at > now() - make_interval(secs => $1)
  )
  select (select ${distribution('response')} from decided) as response,
         (select ${distribution('reserve')} from decided) as reserve,
         (select ${distribution('charge')} from decided) as charge,
         (select ${distribution('notify')} from notified) as notify,
         (select count(*) from orders where created_at > now() - make_interval(secs => $1)) as placed,
         (select coalesce(json_object_agg(status, n), '{}')
            from (select status, count(*) as n from orders
                   where created_at > now() - make_interval(secs => $1) group by status) s) as by_status,
         (select count(*) from orders where outcome_at is null) as backlog,
         (select count(distinct order_id) from parked_steps) as parked,
         (select json_strip_nulls(json_build_object('open', count(*),
                   'needResponse', count(*) filter (where dispute_needs_response(status)),
                   'nextDueAt', iso_time(min(evidence_due_at) filter (where dispute_needs_response(status)))))
            from disputes where closed_at is null) as disputes,
         (select coalesce(json_agg(json_strip_nulls(json_build_object('destination', d.name, 'behind', b.behind, 'lagMs', b.lag,
                     'ahead', case when d.tx > (select max(tick) from event_ticks) + 1 then true end))
                                   order by d.name), '[]')
            from event_destinations d, lateral (
              select count(*) as behind, coalesce(max(${between('occurred_at', 'now()')}), 0) as lag
                from ((select occurred_at from order_events e where (e.tx, e.position) > (d.tx, d.position)
                        order by e.tx, e.position limit ${MAX_COUNTED_EVENTS})
                      union all
                      (select occurred_at from order_events e where e.tx is null order by e.position limit ${MAX_COUNTED_EVENTS})
                      limit ${MAX_COUNTED_EVENTS}) waiting) b) as relay,
         ${FEED} as feed,
         (select json_strip_nulls(json_build_object(
                   'restarted', (select count(*) from order_claims where restarted_at > now() - make_interval(secs => $1)),
                   'lost', (select count(*) from parked_steps where step = '${CARRY_STEP}'),
                   'lastSweepAt', (select iso_time(finished_at) from carrier_sweeps)))) as carriers,
         (select json_build_object(
                   'pending', (select count(*) from webhook_deliveries where state = 'pending' and started_at is null)
                            + (select count(*) from webhook_deliveries where state = 'pending' and started_at is not null),
                   'failing', count(*) filter (where state = 'enabled' and failing_since is not null),
                   'disabled', count(*) filter (where state_reason = 'failing' and state = 'disabled'))
            from webhook_endpoints) as webhooks,
         (select coalesce(json_agg(json_strip_nulls(json_build_object('kind', kind, 'deleted', deleted, 'lastRunAt', iso_time(last_run_at)))
                                   order by kind), '[]') from retention_runs) as retention,
         (select json_build_object('lastRunAt', iso_time(finished_at), 'differences', difference_count) from audits
           where finished_at is not null order by started_at desc limit 1) as audit`;

interface StatsRow {
  response: Distribution;
  reserve: Distribution;
  charge: Distribution;
  notify: Distribution;
  placed: number;
  by_status: Record<string, number>;
  backlog: number;
  parked: number;
  disputes: StatsView['disputes'];
  relay: StatsView['relay'];
  feed: StatsView['feed'];
  carriers: StatsView['carriers'];
  webhooks: StatsView['webhooks'];
  retention: StatsView['retention'];
  audit: StatsView['audit'] | null;
}

export function createStatsReader(pool: Pool): StatsReader {
  return {
    async feed() {
      const { rows } = await pool.query<{ feed: StatsView['feed'] }>({
        name: 'feed_age',
        text: `select ${FEED} as feed`,
      });
      const [row] = rows;
      if (!row) throw new Error('The query of the feed returned no row');
      return row.feed;
    },

    async read(windowSeconds) {
      const { rows } = await pool.query<StatsRow>({ name: 'stats', text: STATS, values: [windowSeconds] });
      const [row] = rows;
      if (!row) throw new Error('The statistics query returned no row');
      return {
        windowSeconds,
        throughputPerSecond: row.response.count / windowSeconds,
        responseTime: row.response,
        stages: { reserve: row.reserve, charge: row.charge, notify: row.notify },
        orders: { placed: row.placed, byStatus: row.by_status },
        backlog: row.backlog,
        parked: row.parked,
        disputes: row.disputes,
        relay: row.relay,
        feed: row.feed,
        carriers: row.carriers,
        webhooks: row.webhooks,
        retention: row.retention,
        ...(row.audit && { audit: row.audit }),
      };
    },
  };
}
