import { Type, type Static } from 'typebox';
import { ActorView } from './actor.ts';
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
  'orders_exported',
  'customers_exported',
  'order_cancelled',
  'order_reviewed',
  'attention_resolved',
  'address_changed',
  'payment_checked',
  'refund_requested',
  'capture_requested',
  'mails_resent',
  'shipment_reported',
  'shipment_held',
  'shipment_released',
  'shipment_cancelled',
  'shipment_delivered',
  'shipment_lost',
  'return_requested',
  'return_opened',
  'return_declined',
  'return_cancelled',
  'return_closed',
  'return_reopened',
  'return_received',
  'stock_set',
  'stock_reported',
  'stock_sequences_reset',
  'location_set',
  'dead_letter_replayed',
  'dead_letter_discarded',
  'webhook_endpoint_added',
  'webhook_endpoint_changed',
  'webhook_endpoint_removed',
  'webhook_secret_rotated',
  'webhooks_recovered',
  'webhook_redelivered',
  'audit_started',
  'brake_set',
  'brake_released',
  'batch_planned',
  'batch_started',
  'batch_stopped',
  'view_saved',
  'view_deleted',
] as const;
export const LogAction = Type.Enum([...LOG_ACTIONS], { title: 'LogAction' });
export type LogAction = (typeof LOG_ACTIONS)[number];

/** What an operation can change, and the name of its id in paths and answers. */
export const LOGGED_OBJECTS = {
  brake: 'brakeId',
  batch: 'batchId',
  view: 'viewId',
  order: 'orderId',
  shipment: 'shipmentId',
  return: 'returnId',
  sku: 'sku',
  location: 'locationId',
  dead_letter: 'deadLetterId',
  webhook_endpoint: 'endpointId',
  webhook_delivery: 'deliveryId',
  audit: 'auditId',
} as const;
export type LoggedObject = keyof typeof LOGGED_OBJECTS;

export const LogEntry = Type.Object(
  {
    entryId: Type.Integer({ minimum: 1 }),
    at: Timestamp,
    action: LogAction,
    actor: ActorView,
    object: Type.Optional(
      Type.Object(
        {
          type: Type.Enum(Object.keys(LOGGED_OBJECTS) as LoggedObject[], { title: 'LoggedObjectType' }),
          id: Type.Optional(Type.String({ description: 'Absent: several, or all of this type.' })),
        },
        { ...closed, title: 'LoggedObject', description: 'What was changed or seen.' },
      ),
    ),
    reason: Type.Optional(Type.String({ description: 'In the words of the actor.' })),
    clientId: Type.String({ description: 'The client of the API key.' }),
    keyId: Type.Optional(
      Type.String({ description: 'The id of the API key. Absent: the client has sent a message.' }),
    ),
    sessionId: Type.Optional(
      Type.String({
        description:
          'The session, from its sign-in to its end. Absent: the request had an API key instead of a session.',
      }),
    ),
    orderId: Type.Optional(Type.String()),
  },
  { ...closed, title: 'LogEntry' },
);
export type LogEntry = Static<typeof LogEntry>;
