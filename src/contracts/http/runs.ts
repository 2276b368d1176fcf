import { Type, type Static } from 'typebox';
import { AttentionView } from './order.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });
const DurationMs = Type.Integer({ minimum: 0, description: 'Milliseconds.' });

/**
 * `done`: it has succeeded, or the wait is over. `failed`: its last try has failed and none follows. `waiting`: a timer runs, or the
 * next try is due later. `parked`: it waits for an operator. `running`: a worker has it. `to_come`: it follows if nothing fails.
 */
export const RUN_NODE_STATES = ['done', 'failed', 'waiting', 'parked', 'running', 'to_come'] as const;
export type RunNodeState = (typeof RUN_NODE_STATES)[number];

/** What is drawn of a run. `decision`: what a person or another system has told the workflow. `workflow`: another one that it started. */
export const RUN_NODE_KINDS = ['step', 'wait', 'decision', 'workflow'] as const;
export type RunNodeKind = (typeof RUN_NODE_KINDS)[number];

export const RunError = Type.Object(
  {
    type: Type.String({ description: 'The type of the failure, without its message.' }),
    code: Type.Optional(Type.String({ description: 'The code that the other side has answered with.' })),
  },
  { ...closed, title: 'RunError' },
);
export type RunError = Static<typeof RunError>;

export const RunNode = Type.Object(
  {
    kind: Type.Enum([...RUN_NODE_KINDS], { title: 'RunNodeKind' }),
    name: Type.String({
      description:
        'Of a step its activity; of a wait what is waited for; of a decision the message, or what an operator has chosen; of a workflow its type.',
    }),
    detail: Type.Optional(
      Type.String({ description: 'Which mails a step sends, or which step a decision is about.' }),
    ),
    state: Type.Enum([...RUN_NODE_STATES], { title: 'RunNodeState' }),
    undo: Type.Optional(Type.Boolean({ description: 'true: the step undoes what another has done.' })),
    startedAt: Type.Optional(Timestamp),
    durationMs: Type.Optional(DurationMs),
    attempts: Type.Optional(Type.Integer({ minimum: 1, description: 'Of a step, with those that failed.' })),
    failedAttempts: Type.Optional(Type.Integer({ minimum: 1 })),
    count: Type.Optional(
      Type.Integer({ minimum: 2, description: 'How often it was repeated. `durationMs` is their sum.' }),
    ),
    error: Type.Optional(RunError),
    deadline: Type.Optional(Type.String({ format: 'date-time', description: 'When a wait ends by itself.' })),
    nextTryAt: Type.Optional(Timestamp),
  },
  { ...closed, title: 'RunNode' },
);
export type RunNode = Static<typeof RunNode>;

export const RUN_STATES = [
  'running',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
  'continued',
] as const;
export type RunState = (typeof RUN_STATES)[number];

export const OrderRun = Type.Object(
  {
    workflowId: Type.String(),
    runId: Type.Optional(Type.String({ description: 'Absent: Temporal does not have the run any more.' })),
    type: Type.String({ description: 'The type of the workflow: `checkout`, `fulfilment`, `refund` …' }),
    state: Type.Enum([...RUN_STATES], {
      title: 'RunState',
      description: '`continued`: the workflow goes on as another run.',
    }),
    startedAt: Timestamp,
    closedAt: Type.Optional(Timestamp),
    orders: Type.Optional(
      Type.Integer({
        minimum: 2,
        description:
          'The run processes so many orders together. Only the steps of this order are listed, and those that are made for all at once.',
      }),
    ),
    source: Type.Enum(['temporal', 'events'], {
      title: 'RunSource',
      description:
        "`events`: Temporal has no history any more, and the nodes are what the order's events tell.",
    }),
    truncated: Type.Optional(
      Type.Boolean({ description: 'true: the history is longer than what was read.' }),
    ),
    nodes: Type.Array(RunNode, { description: 'In order of their start.' }),
  },
  { ...closed, title: 'OrderRun' },
);
export type OrderRun = Static<typeof OrderRun>;

/** A step that waits for an operator, and the workflow that it belongs to. */
export const ParkedStepOfOrder = Type.Object(
  { workflowId: Type.String(), ...AttentionView.properties },
  { ...closed, title: 'ParkedStepOfOrder' },
);
export type ParkedStepOfOrder = Static<typeof ParkedStepOfOrder>;

export const OrderRuns = Type.Object(
  {
    runs: Type.Array(OrderRun, { description: 'In order of their start.' }),
    truncated: Type.Optional(
      Type.Boolean({ description: 'true: the order has more runs. The newest are listed.' }),
    ),
    parked: Type.Array(ParkedStepOfOrder, {
      description: 'All steps of the order that wait for an operator, the oldest first.',
    }),
    readAt: Timestamp,
  },
  { ...closed, title: 'OrderRuns' },
);
export type OrderRuns = Static<typeof OrderRuns>;
