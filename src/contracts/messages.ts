import { Type, type Static } from 'typebox';
import { ORDER_STATUSES } from './order-status.ts';
import { CancelRequest, Sku, type OrderRequest } from './http/order.ts';
import { StockItemRequest } from './http/stock.ts';

/** Queues of RabbitMQ, topics of Kafka. Changing one orphans what is in it. */
export const COMMANDS_CHANNEL = 'checkout.commands';
export const EVENTS_CHANNEL = 'checkout.events';
export const DEAD_CHANNEL = 'checkout.dead';

const NAMESPACE = 'com.durable-checkout.';

/** What can happen to an order beside getting another status. */
const HAPPENINGS = [
  'review_approved',
  'review_rejected',
  'refund_requested',
  'refund_skipped',
  'partially_refunded',
  'returned_refund_settled',
  'captured',
  'capture_skipped',
  'late_payment_refunded',
  'late_payment_kept',
  'attention_raised',
  'attention_cleared',
  'attention_retry',
  'attention_skip',
  'attention_resolve',
] as const;

/** What is told of orders, as the `type` of a CloudEvent. */
export const EVENT_TYPES: readonly string[] = [...ORDER_STATUSES, ...HAPPENINGS].map(
  (name) => `${NAMESPACE}order.${name}.v1`,
);

/** The type that is meant, in full or short (`order.paid`); `undefined`: none of ours. */
export function eventTypeOf(text: string): string | undefined {
  const full = fullType(text);
  return EVENT_TYPES.find((type) => type === full);
}

/** What can be asked for by message, as the `type` of a CloudEvent. */
export const COMMAND_TYPES = [
  'com.durable-checkout.order.place.v1',
  'com.durable-checkout.order.cancel.v1',
  'com.durable-checkout.payment.event.v1',
  'com.durable-checkout.stock.sync.v1',
] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];

/** The type that is meant, in full or short (`order.place`), as a routing key has it; `undefined`: none of ours. */
export function commandTypeOf(text: string): CommandType | undefined {
  const full = fullType(text);
  return COMMAND_TYPES.find((type) => type === full);
}

function fullType(text: string): string {
  const short = text.startsWith(NAMESPACE) ? text.slice(NAMESPACE.length) : text;
  return `${NAMESPACE}${short}${/\.v\d+$/.test(short) ? '' : '.v1'}`;
}

const closed = { additionalProperties: false } as const;

/** The id of a message is the idempotency key of what it asks for, so it is what a key may be. */
export const MessageId = Type.String({
  pattern: '^[\\x20-\\x7e]{1,255}$',
  description: '1 to 255 printable ASCII characters.',
});

/** `order.cancel`: the order by its id, or by the id of the message (the idempotency key) that placed it. */
export const CancelCommand = Type.Object(
  {
    orderId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    idempotencyKey: Type.Optional(MessageId),
    ...CancelRequest.properties,
  },
  closed,
);
export type CancelCommand = Static<typeof CancelCommand>;

/** `payment.event`: an event of Stripe as its webhook sends it. It is a hint only: Stripe is asked what is true. */
export const PaymentEventCommand = Type.Object(
  {
    type: Type.String({ minLength: 1, maxLength: 200 }),
    data: Type.Object(
      { object: Type.Object({}, { additionalProperties: true }) },
      { additionalProperties: true },
    ),
  },
  { additionalProperties: true },
);
export type PaymentEventCommand = Static<typeof PaymentEventCommand>;

/** `stock.sync`: what the warehouse says of an item. `sequence` is required: a message may come twice, late, or after a later one. */
export const StockSyncCommand = Type.Object(
  {
    ...StockItemRequest.properties,
    sku: Sku,
    sequence: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Counts up; an older one than stored is ignored.',
    }),
  },
  closed,
);
export type StockSyncCommand = Static<typeof StockSyncCommand>;

/** What is asked for, valid against its schema. `id`: the idempotency key. */
export type Command = { id: string } & (
  | { type: 'com.durable-checkout.order.place.v1'; data: OrderRequest; notBefore?: Date }
  | { type: 'com.durable-checkout.order.cancel.v1'; data: CancelRequest; orderId: string }
  | { type: 'com.durable-checkout.payment.event.v1'; data: PaymentEventCommand }
  | { type: 'com.durable-checkout.stock.sync.v1'; data: StockSyncCommand }
);
