import { Type, type Static } from 'typebox';
import { Currency, OrderStatusSchema } from './order.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/** The queues of the board that wait for an operator. */
export const OPERATOR_QUEUES = [
  'attention',
  'review',
  'disputes',
  'oversold',
  'carrier-lost',
  'returns',
  'dead-letters',
  'webhooks',
  'audit-differences',
] as const;
/** The queues that empty by themselves. An operator watches them. */
export const WATCHED_QUEUES = ['payment-unknown', 'holds', 'late'] as const;
export type QueueName = (typeof OPERATOR_QUEUES)[number] | (typeof WATCHED_QUEUES)[number];

/** A queue is counted up to this number: beyond it the exact number does not matter. */
export const MAX_QUEUE_COUNT = 10_000;

export const QueueView = Type.Object(
  {
    name: Type.Enum([...OPERATOR_QUEUES, ...WATCHED_QUEUES], { title: 'QueueName' }),
    group: Type.Enum(['need_you', 'watch'], {
      title: 'QueueGroup',
      description: '`need_you`: waits for an operator. `watch`: empties by itself.',
    }),
    count: Type.Integer({ minimum: 0, maximum: MAX_QUEUE_COUNT }),
    atLeast: Type.Optional(Type.Literal(true, { description: 'There are more than `count`.' })),
    oldestAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'Since when the oldest entry is in the queue.' }),
    ),
    dueAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'The next deadline of an entry of the queue.' }),
    ),
  },
  { ...closed, title: 'Queue' },
);
export type QueueView = Static<typeof QueueView>;

export const QueuesView = Type.Object(
  { queues: Type.Array(QueueView), checkedAt: Timestamp },
  { ...closed, title: 'Queues' },
);
export type QueuesView = Static<typeof QueuesView>;

/** An order without personal data. */
export const RecentOrder = Type.Object(
  {
    orderId: Type.String(),
    status: OrderStatusSchema,
    total: Type.Integer({ minimum: 0, description: 'In minor units.' }),
    currency: Currency,
    updatedAt: Timestamp,
  },
  { ...closed, title: 'RecentOrder' },
);
export type RecentOrder = Static<typeof RecentOrder>;

export const SignInRequest = Type.Object(
  { key: Type.String({ minLength: 1, maxLength: 500, description: 'An API key.' }) },
  { ...closed, title: 'SignInRequest' },
);
export type SignInRequest = Static<typeof SignInRequest>;

export const BoardSessionView = Type.Object(
  {
    clientId: Type.String(),
    scopes: Type.Array(Type.String(), { description: 'The scopes of the API key.' }),
    csrfToken: Type.String({
      description: 'Send it as `X-CSRF-Token` with every request that is not a GET or a HEAD.',
    }),
    expiresAt: Type.String({ format: 'date-time', description: 'When the session ends.' }),
  },
  { ...closed, title: 'BoardSession' },
);
export type BoardSessionView = Static<typeof BoardSessionView>;

/** What an entry of the log is about. */
export const LOG_ACTIONS = [
  'signed_in',
  'signed_out',
  'customer_revealed',
  'brake_set',
  'brake_released',
] as const;
export const LogAction = Type.Enum([...LOG_ACTIONS], { title: 'LogAction' });
export type LogAction = (typeof LOG_ACTIONS)[number];

export const LogEntry = Type.Object(
  {
    entryId: Type.Integer({ minimum: 1 }),
    at: Timestamp,
    action: LogAction,
    clientId: Type.String({ description: 'The client of the API key.' }),
    keyId: Type.String({ description: 'The id of the API key.' }),
    sessionId: Type.Optional(
      Type.String({
        description:
          'The session, from its sign-in to its end. Absent: the request had an API key instead of a session.',
      }),
    ),
    orderId: Type.Optional(Type.String()),
    brakeId: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { ...closed, title: 'LogEntry' },
);
export type LogEntry = Static<typeof LogEntry>;
