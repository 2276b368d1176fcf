import type { Distribution, StatsView } from '../../contracts/http/stats.ts';
import { CARRY_STEP } from './order-carriers.ts';
import type { Pool } from './pool.ts';

export interface StatsReader {
  /** Reads the statistics of the orders that were placed, decided or notified within the window. */
  read(windowSeconds: number): Promise<StatsView>;
  /** The age of what the event feed waits for. */
  feed(): Promise<StatsView['feed']>;
  /** What waits at this moment, for the metrics. Its cost does not grow with the age of the shop. */
  gauges(): Promise<DatabaseGauges>;
}

/** What waits at this moment. Times are in milliseconds. */
export interface DatabaseGauges {
  /** Orders without an outcome. */
  readonly undecided: readonly { status: string; orders: number; oldestMs: number }[];
  /** Steps that wait for an operator, without the ids in their names. */
  readonly parked: readonly { step: string; count: number; oldestMs: number }[];
  readonly relay: StatsView['relay'];
  readonly feed: StatsView['feed'];
  /** `lastSweepMs`: how long ago; absent: never. */
  readonly carriers: { lost: number; lastSweepMs?: number };
  readonly webhooks: StatsView['webhooks'];
  readonly disputes: StatsView['disputes'];
  readonly deadLetters: { waiting: number; retrying: number };
  /** What paid orders are short of, and how many items are low at a location. */
  readonly stock: { oversoldUnits: number; oversoldOrders: number; low: number };
  /** Of operators. */
  readonly batches: { running: number };
  /** Absent: no audit was ever completed. */
  readonly audit?: { differences: number; ageMs: number };
  readonly database: {
    sizeBytes: number;
    connections: number;
    maxConnections: number;
    committed: number;
    rolledBack: number;
    blocksHit: number;
    blocksRead: number;
    deadlocks: number;
    temporaryBytes: number;
  };
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

/** How far the relay has delivered events, by destination. */
const RELAY = `(select coalesce(json_agg(json_strip_nulls(json_build_object('destination', d.name, 'behind', b.behind, 'lagMs', b.lag,
              'ahead', case when d.tx > (select max(tick) from event_ticks) + 1 then true end))
                            order by d.name), '[]')
     from event_destinations d, lateral (
       select count(*) as behind, coalesce(max(${between('occurred_at', 'now()')}), 0) as lag
         from ((select occurred_at from order_events e where (e.tx, e.position) > (d.tx, d.position)
                 order by e.tx, e.position limit ${MAX_COUNTED_EVENTS})
               union all
               (select occurred_at from order_events e where e.tx is null order by e.position limit ${MAX_COUNTED_EVENTS})
               limit ${MAX_COUNTED_EVENTS}) waiting) b)`;

const DISPUTES = `(select json_strip_nulls(json_build_object('open', count(*),
            'needResponse', count(*) filter (where dispute_needs_response(status)),
            'nextDueAt', iso_time(min(evidence_due_at) filter (where dispute_needs_response(status)))))
     from disputes where closed_at is null)`;

const WEBHOOKS = `(select json_build_object(
            'pending', (select count(*) from webhook_deliveries where state = 'pending' and started_at is null)
                     + (select count(*) from webhook_deliveries where state = 'pending' and started_at is not null),
            'failing', count(*) filter (where state = 'enabled' and failing_since is not null),
            'disabled', count(*) filter (where state_reason = 'failing' and state = 'disabled'))
     from webhook_endpoints)`;

/** Shipments for which we buy a label. The index of shipments begins with the status. */
const LABELS = `(select json_build_object('waiting', count(*), 'oldestMs', coalesce(max(${between('created_at', 'now()')}), 0),
            'failing', (select count(distinct order_id) from parked_steps where step ~* '(label|carrier|shipment|tracker)'))
     from (select created_at from shipments where status in ('pending', 'allocated') and mode = 'carrier'
            order by created_at limit ${MAX_COUNTED_EVENTS}) s)`;

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
         (select json_build_object('status', status, 'placedAt', iso_time(created_at)) from orders
           where outcome_at is null order by created_at limit 1) as oldest_undecided,
         (select count(distinct order_id) from parked_steps) as parked,
         ${LABELS} as labels,
         ${DISPUTES} as disputes,
         ${RELAY} as relay,
         ${FEED} as feed,
         (select json_strip_nulls(json_build_object(
                   'restarted', (select count(*) from order_claims where restarted_at > now() - make_interval(secs => $1)),
                   'lost', (select count(*) from parked_steps where step = '${CARRY_STEP}'),
                   'lastSweepAt', (select iso_time(finished_at) from carrier_sweeps)))) as carriers,
         ${WEBHOOKS} as webhooks,
         (select coalesce(json_agg(json_strip_nulls(json_build_object('kind', kind, 'deleted', deleted, 'lastRunAt', iso_time(last_run_at)))
                                   order by kind), '[]') from retention_runs) as retention,
         (select json_build_object('lastRunAt', iso_time(finished_at), 'differences', difference_count) from audits
           where finished_at is not null order by started_at desc limit 1) as audit`;

/** What every scrape of the metrics reads. Each part reads an index that has only what waits, or some counters. */
const GAUGES = `
  select (select coalesce(json_agg(u), '[]')
            from (select status, count(*) as orders, max(${between('created_at', 'now()')}) as "oldestMs"
                    from orders where outcome_at is null group by status) u) as undecided,
         (select coalesce(json_agg(p), '[]')
            from (select split_part(step, ' ', 1) as step, count(*) as count, max(${between('since', 'now()')}) as "oldestMs"
                    from parked_steps group by 1) p) as parked,
         ${RELAY} as relay,
         ${FEED} as feed,
         (select json_strip_nulls(json_build_object(
                   'lost', (select count(*) from parked_steps where step = '${CARRY_STEP}'),
                   'lastSweepMs', (select ${between('finished_at', 'now()')} from carrier_sweeps)))) as carriers,
         ${WEBHOOKS} as webhooks,
         ${DISPUTES} as disputes,
         json_build_object('waiting', (select count(*) from dead_letters where state = 'waiting'),
                           'retrying', (select count(*) from dead_letters where state = 'retrying')) as "deadLetters",
         (select json_build_object('oversoldUnits', coalesce(sum(short), 0), 'oversoldOrders', count(distinct order_id),
                                   'low', (select count(*) from stock_levels where low_since is not null))
            from reservations where short > 0) as stock,
         (select json_build_object('running', count(*)) from batches where state in ('running', 'stopping')) as batches,
         (select json_build_object('differences', difference_count, 'ageMs', ${between('finished_at', 'now()')}) from audits
           where finished_at is not null order by started_at desc limit 1) as audit,
         (select json_build_object('sizeBytes', pg_database_size(datid), 'maxConnections', current_setting('max_connections')::integer,
                   'connections', (select count(*) from pg_stat_activity where backend_type = 'client backend'),
                   'committed', xact_commit, 'rolledBack', xact_rollback, 'blocksHit', blks_hit, 'blocksRead', blks_read,
                   'deadlocks', deadlocks, 'temporaryBytes', temp_bytes)
            from pg_stat_database where datname = current_database()) as database`;

interface StatsRow {
  response: Distribution;
  reserve: Distribution;
  charge: Distribution;
  notify: Distribution;
  placed: number;
  by_status: Record<string, number>;
  backlog: number;
  oldest_undecided: StatsView['oldestUndecided'] | null;
  labels: NonNullable<StatsView['labels']>;
  parked: number;
  disputes: StatsView['disputes'];
  relay: StatsView['relay'];
  feed: StatsView['feed'];
  carriers: StatsView['carriers'];
  webhooks: StatsView['webhooks'];
  retention: StatsView['retention'];
  audit: StatsView['audit'] | null;
}

type GaugesRow = Omit<DatabaseGauges, 'audit'> & { audit: NonNullable<DatabaseGauges['audit']> | null };

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

    async gauges() {
      const { rows } = await pool.query<GaugesRow>({ name: 'stats_gauges', text: GAUGES });
      const [row] = rows;
      if (!row) throw new Error('The query of the gauges returned no row');
      const { audit, ...others } = row;
      return { ...others, ...(audit && { audit }) };
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
        ...(row.oldest_undecided && { oldestUndecided: row.oldest_undecided }),
        parked: row.parked,
        labels: row.labels,
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
