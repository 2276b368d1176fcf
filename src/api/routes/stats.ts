import { Type } from 'typebox';
import type { StatsReader } from '../../adapters/postgres/stats-reader.ts';
import { StatsView } from '../../contracts/http/stats.ts';
import type { OrderService } from '../../orders/order-service.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { described, problems } from '../lib/schemas.ts';
import type { Api } from '../lib/types.ts';
import { WINDOW_PATTERN, windowSeconds } from '../lib/windows.ts';

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

export function statsRoutes(app: Api, parts: StatsParts): void {
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
}
