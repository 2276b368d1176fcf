import type { StatsSeriesView } from '../../contracts/http/stats-series.ts';
import type { Pool } from './pool.ts';

export interface StatsSeries {
  /** Counts what was placed and decided in each step of the window. Its cost grows with the orders of the window. */
  read(windowSeconds: number, stepSeconds: number): Promise<StatsSeriesView>;
}

/** Marks of one answer at most: more would cover the figures. */
const MAX_MARKS = 20;

/**
 * `$1`: the beginning of the first step, in seconds since 1970; `$2`: seconds of a step; `$3`: the number of steps. Each count reads
 * one index or block range of the window, and groups by the number of the step.
 */
const POINTS = `
  with placed as (
    select floor((extract(epoch from created_at) - $1) / $2)::integer as step, count(*) as orders
      from orders where created_at >= to_timestamp($1) group by 1
  ), decided as (
    select floor((extract(epoch from outcome_at) - $1) / $2)::integer as step, count(*) as orders
      from orders where outcome_at >= to_timestamp($1) group by 1
  )
  select iso_time(to_timestamp($1 + s.step * $2)) as at,
         least($2, greatest(extract(epoch from clock_timestamp()) - ($1 + s.step * $2), 0.001))::float8 as seconds,
         coalesce(placed.orders, 0)::integer as placed, coalesce(decided.orders, 0)::integer as decided
    from generate_series(0, $3 - 1) s (step)
    left join placed using (step)
    left join decided using (step)
   order by s.step`;

const MARKS = `
  select iso_time(at) as at, kind, subject from (
    select min(since) as at, 'attention' as kind, split_part(step, ' ', 1) as subject from parked_steps group by 3
     union all
    select finished_at, 'audit_differences', audit_id from audits where difference_count > 0
     union all
    select state_since, 'endpoint_disabled', endpoint_id from webhook_endpoints
     where state = 'disabled' and state_reason = 'failing'
     union all
    (select database_changed_at, 'database_changed', null from event_ticks order by tick desc limit 1)
  ) m where at >= to_timestamp($1) order by at desc limit ${MAX_MARKS}`;

interface MarkRow {
  at: string;
  kind: StatsSeriesView['marks'][number]['kind'];
  subject: string | null;
}

export const createStatsSeries = (pool: Pool): StatsSeries => ({
  async read(windowSeconds, stepSeconds) {
    const steps = Math.ceil(windowSeconds / stepSeconds);
    // The steps begin at multiples of their length, so that the figures of a step that is over do not change.
    const end = (Math.floor(Date.now() / 1_000 / stepSeconds) + 1) * stepSeconds;
    const begin = end - steps * stepSeconds;
    const [points, marks] = await Promise.all([
      pool.query<StatsSeriesView['points'][number]>(POINTS, [begin, stepSeconds, steps]),
      pool.query<MarkRow>(MARKS, [begin]),
    ]);
    return {
      windowSeconds,
      stepSeconds,
      points: points.rows,
      marks: marks.rows
        .reverse()
        .map(({ at, kind, subject }) => ({ at, kind, ...(subject !== null && { subject }) })),
    };
  },
});
