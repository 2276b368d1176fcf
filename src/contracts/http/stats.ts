import { Type, type Static } from 'typebox';

/** Milliseconds; null where nothing was measured in the window. */
const Duration = Type.Union([Type.Number(), Type.Null()]);

const Distribution = Type.Object(
  { count: Type.Integer(), average: Duration, p50: Duration, p95: Duration, p99: Duration },
  { additionalProperties: false },
);
export type Distribution = Static<typeof Distribution>;

/** How orders leave for Temporal, as the process that answers has seen it. */
export const BatchingView = Type.Object(
  {
    startsPerSecond: Type.Number({ description: 'Workflows started, a second: of one order or of a group.' }),
    size: Type.Object(
      { mean: Duration, p95: Duration },
      { additionalProperties: false, description: 'Orders a workflow.' },
    ),
    start: Distribution,
  },
  {
    additionalProperties: false,
    description: 'Of this process. `start`: from the arrival of an order until it was durable.',
  },
);
export type BatchingView = Static<typeof BatchingView>;

export const StatsView = Type.Object(
  {
    windowSeconds: Type.Number(),
    throughputPerSecond: Type.Number({ description: 'Orders that reached their outcome, a second.' }),
    responseTime: Distribution,
    stages: Type.Object(
      { reserve: Distribution, charge: Distribution, notify: Distribution },
      { additionalProperties: false },
    ),
    orders: Type.Object(
      {
        placed: Type.Integer({ description: 'Placed in the window.' }),
        byStatus: Type.Record(Type.String(), Type.Integer()),
      },
      { additionalProperties: false },
    ),
    backlog: Type.Integer({ description: 'Orders of any age without an outcome.' }),
    parked: Type.Integer({ description: 'Orders that wait for an operator.' }),
    relay: Type.Array(
      Type.Object(
        {
          destination: Type.String(),
          behind: Type.Integer({ description: 'Events that it has not got yet; counted up to 10,000.' }),
          lagMs: Type.Number({ description: 'The age of the oldest of them, milliseconds; 0: it has all.' }),
        },
        { additionalProperties: false },
      ),
      { description: 'How far events have been brought, by destination.' },
    ),
    webhooks: Type.Object(
      {
        pending: Type.Integer({ description: 'Deliveries that have not arrived yet.' }),
        failing: Type.Integer({ description: 'Endpoints whose last delivery has failed.' }),
        disabled: Type.Integer({ description: 'Endpoints that were disabled since nothing had arrived.' }),
      },
      { additionalProperties: false, description: 'How it goes with the subscribers.' },
    ),
    batching: Type.Optional(BatchingView),
    audit: Type.Optional(
      Type.Object(
        { lastRunAt: Type.String({ format: 'date-time' }), differences: Type.Integer() },
        {
          additionalProperties: false,
          description: 'The last audit that was carried through, if there is one.',
        },
      ),
    ),
  },
  { additionalProperties: false },
);
export type StatsView = Static<typeof StatsView>;
