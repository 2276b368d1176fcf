import { Type, type Static } from 'typebox';
import { OrderStatusSchema } from './order.ts';

/** Null: nothing was measured in the window. */
const Figure = Type.Union([Type.Number(), Type.Null()]);

const Distribution = Type.Object(
  { count: Type.Integer(), average: Figure, p50: Figure, p95: Figure, p99: Figure },
  { additionalProperties: false, title: 'Distribution' },
);
export type Distribution = Static<typeof Distribution>;

/** How the process that serves this response has started orders. */
export const BatchingView = Type.Object(
  {
    startsPerSecond: Type.Number({
      description: 'Workflows started per second, each for one order or for a group.',
    }),
    size: Type.Object(
      { mean: Figure, p95: Figure },
      { additionalProperties: false, description: 'Orders per workflow.' },
    ),
    start: Distribution,
  },
  {
    additionalProperties: false,
    title: 'Batching',
    description:
      'The orders that the process that serves this response has started, by HTTP and by message. `start`: milliseconds from the arrival of an order until it was durable.',
  },
);
export type BatchingView = Static<typeof BatchingView>;

export const StatsView = Type.Object(
  {
    windowSeconds: Type.Number(),
    throughputPerSecond: Type.Number({ description: 'Orders that reached their outcome, per second.' }),
    responseTime: Distribution,
    stages: Type.Object(
      { reserve: Distribution, charge: Distribution, notify: Distribution },
      { additionalProperties: false },
    ),
    orders: Type.Object(
      {
        placed: Type.Integer({ description: 'Orders placed in the window.' }),
        byStatus: Type.Record(Type.String(), Type.Integer()),
      },
      { additionalProperties: false },
    ),
    backlog: Type.Integer({ description: 'Orders of any age without an outcome.' }),
    oldestUndecided: Type.Optional(
      Type.Object(
        { status: OrderStatusSchema, placedAt: Type.String({ format: 'date-time' }) },
        {
          additionalProperties: false,
          description: 'The oldest order without an outcome. Absent: there is none.',
        },
      ),
    ),
    parked: Type.Integer({ description: 'Orders that wait for an operator.' }),
    labels: Type.Optional(
      Type.Object(
        {
          waiting: Type.Integer({ description: 'Shipments whose label is not bought yet.' }),
          oldestMs: Type.Number({
            description: 'How long the oldest of them has waited, in milliseconds; 0: there are none.',
          }),
          failing: Type.Integer({
            description: 'Orders of which a step with the carrier waits for an operator.',
          }),
        },
        { additionalProperties: false, description: 'What the carrier has not done yet.' },
      ),
    ),
    disputes: Type.Object(
      {
        open: Type.Integer({ description: 'Disputes that are not decided.' }),
        needResponse: Type.Integer({ description: 'Disputes that wait for evidence.' }),
        nextDueAt: Type.Optional(
          Type.String({ format: 'date-time', description: 'Until when the first of them takes it.' }),
        ),
      },
      { additionalProperties: false, description: 'Disputes of payments.' },
    ),
    relay: Type.Array(
      Type.Object(
        {
          destination: Type.String(),
          ahead: Type.Optional(
            Type.Boolean({
              description:
                'True: its position is after the last event, so it has received events that the database does not have. Tables were restored from a backup.',
            }),
          ),
          behind: Type.Integer({
            description: 'Events that the destination has not received yet, counted up to 10,000.',
          }),
          lagMs: Type.Number({
            description: 'The age of the oldest of these events, in milliseconds; 0: there are none.',
          }),
        },
        { additionalProperties: false },
      ),
      { description: 'How far the relay has delivered events, by destination.' },
    ),
    feed: Type.Object(
      {
        unnumberedMs: Type.Number({
          description:
            'The age of the oldest committed event that has no position in the feed yet, in milliseconds; 0: there is none. More than some seconds: no process of the API, the intake or the relay can read it.',
        }),
        transactionMs: Type.Number({
          description:
            'How long the oldest transaction that writes is open, in milliseconds; 0: there is none. It delays only its own events, but PostgreSQL cannot remove dead rows meanwhile.',
        }),
        databaseChangedAt: Type.Optional(
          Type.String({
            format: 'date-time',
            description:
              'When a relay found another database than before: a restored backup, or a standby after a failover. Destinations may have received events that it does not have.',
          }),
        ),
      },
      { additionalProperties: false, description: 'The age of what the event feed waits for.' },
    ),
    carriers: Type.Object(
      {
        restarted: Type.Integer({
          description: 'Orders whose workflow was gone and was started again in the window.',
        }),
        lost: Type.Integer({
          description:
            'Orders that no workflow carries on, and that wait for an operator (step `carryOrder`).',
        }),
        lastSweepAt: Type.Optional(
          Type.String({
            format: 'date-time',
            description: 'When orders without a workflow were last looked for.',
          }),
        ),
      },
      { additionalProperties: false, description: 'Whether each order has a workflow that carries it on.' },
    ),
    webhooks: Type.Object(
      {
        pending: Type.Integer({ description: 'Deliveries that have not arrived yet.' }),
        failing: Type.Integer({ description: 'Endpoints whose last delivery has failed.' }),
        disabled: Type.Integer({ description: 'Endpoints that were disabled because no delivery arrived.' }),
      },
      { additionalProperties: false, description: 'The state of webhook deliveries.' },
    ),
    retention: Type.Array(
      Type.Object(
        {
          kind: Type.String({ description: 'The table, for example `dead_letters`.' }),
          deleted: Type.Integer({ description: 'Rows that were ever deleted.' }),
          lastRunAt: Type.Optional(
            Type.String({
              format: 'date-time',
              description:
                'When old rows were last deleted, even if there were none. More than some hours ago: no process with the role `checkout` runs, or it fails.',
            }),
          ),
        },
        { additionalProperties: false },
      ),
      { description: 'What was deleted because it was old and settled.' },
    ),
    batching: Type.Optional(BatchingView),
    paymentEvents: Type.Optional(
      Type.Object(
        {
          unknownOrder: Type.Integer({
            description:
              'Events that named an order which is not known here, and were accepted and ignored: most likely another installation uses the same account of the provider.',
          }),
        },
        {
          additionalProperties: false,
          description:
            'Events of the payment provider that the process that serves this response has received since it started, by HTTP and by message.',
        },
      ),
    ),
    workflowTasks: Type.Optional(
      Type.Object(
        {
          failed: Type.Integer({
            description:
              'Tasks that have failed in the process that serves this response since it started, with an error in its log.',
          }),
          stuck: Type.Optional(
            Type.Integer({
              description:
                'Running workflows whose task fails again and again, so that their orders stand still. Absent: Temporal did not answer, or is older than 1.30.',
            }),
          ),
        },
        { additionalProperties: false, description: 'Tasks of workflows that fail, which Temporal repeats.' },
      ),
    ),
    audit: Type.Optional(
      Type.Object(
        { lastRunAt: Type.String({ format: 'date-time' }), differences: Type.Integer() },
        {
          additionalProperties: false,
          description: 'The last audit that was completed, if there is one.',
        },
      ),
    ),
  },
  { additionalProperties: false, title: 'Stats' },
);
export type StatsView = Static<typeof StatsView>;
