import { Type, type Static } from 'typebox';
import {
  BATCH_ACTIONS,
  BATCH_OUTCOMES,
  BATCH_STATES,
  MAX_BATCH_ORDERS,
  MAX_LISTED_ORDERS,
  STOP_CAUSES,
} from '../batches.ts';
import { ActorView } from './actor.ts';
import { Currency, OrderStatusSchema } from './order.ts';
import { ORDER_FILTERS } from './order-lists.ts';
import { Text } from './texts.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });
const Count = Type.Integer({ minimum: 0 });
const MinorUnits = Type.Integer({ minimum: 0, description: 'In minor units.' });

export const BatchActionSchema = Type.Enum([...BATCH_ACTIONS], { title: 'BatchAction' });
export const BatchStateSchema = Type.Enum([...BATCH_STATES], { title: 'BatchState' });
export const BatchOutcomeSchema = Type.Enum([...BATCH_OUTCOMES], { title: 'BatchOutcome' });

/** The queues of the board whose orders a batch can take. */
export const BATCH_QUEUES = ['attention', 'review', 'carrier-lost'] as const;

/** Without a mail address: it would be stored with the batch. */
export const BatchQuery = Type.Object(
  {
    queue: Type.Optional(
      Type.Enum([...BATCH_QUEUES], { title: 'BatchQueue', description: 'Only the orders of this queue.' }),
    ),
    ...ORDER_FILTERS,
  },
  { ...closed, title: 'BatchQuery', description: 'Everything that matches. Without a member: every order.' },
);
export type BatchQuery = Static<typeof BatchQuery>;

export const BatchCause = Type.Object(
  {
    step: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z]{1,100}$',
        description: 'The step, without what follows the first space.',
      }),
    ),
    code: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z]{0,100}$',
        description: 'The code at the beginning of the reason. Empty: a reason without a code.',
      }),
    ),
  },
  {
    ...closed,
    title: 'BatchCause',
    description: 'Of `retry`, `skip` and `resolve`: only steps that are parked for this cause.',
  },
);
export type BatchCause = Static<typeof BatchCause>;

const BatchPart = Type.Object(
  { batchId: Type.String({ pattern: '^bat_[0-9a-z]{32}$' }), outcome: BatchOutcomeSchema },
  { ...closed, title: 'BatchPart', description: 'The orders of another batch with this outcome.' },
);

export const BatchRequest = Type.Object(
  {
    action: BatchActionSchema,
    cause: Type.Optional(BatchCause),
    query: Type.Optional(BatchQuery),
    orderIds: Type.Optional(
      Type.Array(Type.String({ pattern: '^ord_[0-9a-z]{32}$' }), {
        minItems: 1,
        maxItems: MAX_LISTED_ORDERS,
        description: 'A selection.',
      }),
    ),
    from: Type.Optional(BatchPart),
  },
  {
    ...closed,
    title: 'BatchRequest',
    description: 'What to do, and with which orders: exactly one of `query`, `orderIds` and `from`.',
  },
);
export type BatchRequest = Static<typeof BatchRequest>;

export const BatchStartRequest = Type.Object(
  {
    confirmation: Type.String({
      maxLength: 40,
      description: 'The action and the number of orders that would go, as in `confirmation` of the batch.',
    }),
    note: Text(500, { description: 'Why. It is kept with the batch and with each operation.' }),
  },
  { ...closed, title: 'BatchStartRequest' },
);
export type BatchStartRequest = Static<typeof BatchStartRequest>;

const BatchMoney = Type.Object(
  {
    currency: Currency,
    out: MinorUnits,
    outOrders: Count,
    in: MinorUnits,
    inOrders: Count,
  },
  {
    ...closed,
    title: 'BatchMoney',
    description: 'What leaves the shop and what comes in, and in how many orders.',
  },
);

export const BatchView = Type.Object(
  {
    batchId: Type.String(),
    action: BatchActionSchema,
    state: BatchStateSchema,
    cause: Type.Optional(BatchCause),
    query: Type.Optional(BatchQuery),
    from: Type.Optional(BatchPart),
    counts: Type.Object(
      {
        matched: Type.Integer({ minimum: 0, maximum: MAX_BATCH_ORDERS }),
        pending: {
          ...Count,
          description: 'Of a planned batch: the orders that would go. Then: those to come.',
        },
        running: Count,
        done: Count,
        failed: Count,
        leftOut: Count,
      },
      { ...closed, title: 'BatchCounts' },
    ),
    leftOut: Type.Array(
      Type.Object({ reason: Type.String(), count: Count }, { ...closed, title: 'BatchLeftOut' }),
      { description: 'The reasons, the most frequent first.' },
    ),
    money: Type.Array(BatchMoney, { description: 'By currency, without the orders that are left out.' }),
    unknownAmounts: {
      ...Count,
      description: 'Refunds that would be tried again, and whose amount only their workflow knows.',
    },
    mails: { ...Count, description: 'The mails to customers that are expected.' },
    ordersPerSecond: { ...Count, description: 'The highest pace.' },
    estimatedSeconds: { ...Count, description: 'How long what is left takes at this pace, at least.' },
    confirmation: Type.Optional(
      Type.String({ description: 'What to send to start it. Absent: it cannot be started.' }),
    ),
    note: Type.Optional(Type.String()),
    stopCause: Type.Optional(
      Type.Enum([...STOP_CAUSES], {
        title: 'BatchStopCause',
        description:
          '`failures`: several orders in a row have failed. `workflow_ended`: somebody has ended its workflow.',
      }),
    ),
    plannedBy: ActorView,
    startedBy: Type.Optional(ActorView),
    stoppedBy: Type.Optional(ActorView),
    createdAt: Timestamp,
    plannedAt: { ...Timestamp, description: 'The time of the dry run.' },
    startedAt: Type.Optional(Timestamp),
    endedAt: Type.Optional(Timestamp),
  },
  { ...closed, title: 'Batch' },
);
export type BatchView = Static<typeof BatchView>;

export const BatchItem = Type.Object(
  {
    number: Type.Integer({ minimum: 1, description: 'Orders have their turn in this sequence.' }),
    orderId: Type.String(),
    outcome: BatchOutcomeSchema,
    reason: Type.Optional(Type.String({ description: 'A stable code: why it was left out, or has failed.' })),
    detail: Type.Optional(Type.String()),
    status: Type.Optional(OrderStatusSchema),
    step: Type.Optional(Type.String({ description: 'The parked step that the action is about.' })),
    moneyOut: Type.Optional(MinorUnits),
    moneyIn: Type.Optional(MinorUnits),
    currency: Type.Optional(Currency),
    mails: Count,
    settledAt: Type.Optional(Timestamp),
  },
  { ...closed, title: 'BatchItem' },
);
export type BatchItem = Static<typeof BatchItem>;
