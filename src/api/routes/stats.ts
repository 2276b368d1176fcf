import { Type } from 'typebox';
import type { StatsReader } from '../../adapters/postgres/stats-reader.ts';
import type { StatsSeries } from '../../adapters/postgres/stats-series.ts';
import { StatsView } from '../../contracts/http/stats.ts';
import { StatsSeriesView } from '../../contracts/http/stats-series.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { described, problems } from '../lib/schemas.ts';
import { sharedRead } from '../lib/shared-read.ts';
import type { Api } from '../lib/types.ts';
import { WINDOW_PATTERN, windowSeconds } from '../../contracts/window.ts';

const DEFAULT_WINDOW = '5m';
/** Thirty days, in seconds. Older data belongs in a data warehouse. */
const MAX_WINDOW = 30 * 86_400;

const StatsQuery = Type.Object(
  {
    window: Type.Optional(
      Type.String({
        pattern: WINDOW_PATTERN,
        default: DEFAULT_WINDOW,
        description: 'For example 30s, 5m, 1h or 1d.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** Seven days, in seconds. */
const MAX_SERIES_WINDOW = 7 * 86_400;
const MAX_STEPS = 300;
const MAX_FRESH_MS = 10_000;
/** Windows whose answers are kept. */
const MAX_SHARED = 20;

const SeriesQuery = Type.Object(
  {
    window: Type.Optional(
      Type.String({ pattern: WINDOW_PATTERN, default: '30m', description: 'For example 30m or 1d.' }),
    ),
    step: Type.Optional(
      Type.String({ pattern: WINDOW_PATTERN, default: '30s', description: 'For example 30s or 10m.' }),
    ),
  },
  { additionalProperties: false },
);

export type WorkflowTasks = NonNullable<StatsView['workflowTasks']>;

export interface StatsParts {
  stats: StatsReader;
  orders: OrderService;
  workflowTasks: () => Promise<WorkflowTasks>;
}

/** The figures of a window, with those that only this process knows. */
export async function readStats(
  { stats, orders, workflowTasks }: StatsParts,
  windowSeconds: number,
): Promise<StatsView> {
  const [figures, tasks] = await Promise.all([stats.read(windowSeconds), workflowTasks()]);
  return {
    ...figures,
    batching: orders.batching(windowSeconds),
    paymentEvents: { unknownOrder: orders.unknownPaymentEvents() },
    workflowTasks: tasks,
  };
}

export function statsRoutes(app: Api, parts: StatsParts, series: StatsSeries): void {
  app.get(
    '/v1/stats',
    {
      config: { scope: 'stats:read' },
      schema: {
        operationId: 'getStats',
        summary: 'Retrieve throughput and response times',
        description:
          'Times are in milliseconds, from the arrival of the request to the outcome of the order.',
        tags: ['operation'],
        querystring: StatsQuery,
        response: { 200: described(StatsView, 'The figures of the window.'), ...problems() },
      },
    },
    ({ query: { window = DEFAULT_WINDOW } }) => {
      const seconds = windowSeconds(window);
      if (seconds > MAX_WINDOW) throw invalidRequest([{ field: 'window', message: 'must be 30d or less' }]);
      return readStats(parts, seconds);
    },
  );

  const read = sharedSeries(series);
  app.get(
    '/v1/stats/series',
    {
      config: { scope: 'stats:read' },
      schema: {
        operationId: 'getStatsSeries',
        summary: 'Retrieve the course of the figures',
        description: `What was placed and decided in each step of the window, and what happened meanwhile. A window has ${MAX_STEPS} steps at most. Read once every few seconds at most, however many ask.`,
        tags: ['operation'],
        querystring: SeriesQuery,
        response: { 200: described(StatsSeriesView, 'The steps of the window.'), ...problems() },
      },
    },
    ({ query: { window = '30m', step = '30s' } }) => {
      const [ofWindow, ofStep] = [windowSeconds(window), windowSeconds(step)];
      if (ofWindow > MAX_SERIES_WINDOW)
        throw invalidRequest([{ field: 'window', message: 'must be 7d or less' }]);
      if (ofWindow / ofStep > MAX_STEPS)
        throw invalidRequest([
          { field: 'step', message: `must be longer: a window has ${MAX_STEPS} steps at most` },
        ]);
      return read(ofWindow, ofStep);
    },
  );
}

/** Everyone who asks for the same window gets the same answer for a while, at most {@link MAX_FRESH_MS}. */
function sharedSeries(series: StatsSeries): StatsSeries['read'] {
  const reads = new Map<string, () => Promise<StatsSeriesView>>();
  return (ofWindow, ofStep) => {
    const key = `${ofWindow}/${ofStep}`;
    const shared =
      reads.get(key) ?? sharedRead(() => series.read(ofWindow, ofStep), Math.min(MAX_FRESH_MS, ofStep * 100));
    if (reads.size >= MAX_SHARED && !reads.has(key)) reads.clear();
    reads.set(key, shared);
    return shared();
  };
}
