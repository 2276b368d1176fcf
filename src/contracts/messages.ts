import { Type } from 'typebox';
import { ORDER_STATUSES } from './order-status.ts';

/** Queues and exchanges of RabbitMQ, topics of Kafka. Renaming one orphans the messages in it. */
export const COMMANDS_CHANNEL = 'checkout.commands';
export const EVENTS_CHANNEL = 'checkout.events';
export const DEAD_CHANNEL = 'checkout.dead';

const NAMESPACE = 'com.durable-checkout.';

/** Events of an order that are not a change of its status. */
const OTHER_ORDER_EVENTS = [
  'review_approved',
  'review_rejected',
  'refund_requested',
  'refund_skipped',
  'refund_failed',
  'partially_refunded',
  'returned_refund_settled',
  'captured',
  'capture_skipped',
  'payment_reconciled',
  'late_payment_refunded',
  'late_payment_kept',
  'dispute_created',
  'dispute_updated',
  'dispute_closed',
  'line_cancelled',
  'return_requested',
  'return_opened',
  'return_declined',
  'return_cancelled',
  'return_received',
  'return_closed',
  'out_for_delivery',
  'shipment_held',
  'shipment_released',
  'shipment_cancelled',
  'shipment_returning',
  'shipment_lost',
  'address_changed',
  'mail_refused',
  'restarted',
  'attention_raised',
  'attention_cleared',
  'attention_retry',
  'attention_skip',
  'attention_resolve',
] as const;

/** The events that we publish, as the `type` of a CloudEvent. */
export const EVENT_TYPES: readonly string[] = [
  ...[...ORDER_STATUSES, ...OTHER_ORDER_EVENTS].map((name) => `${NAMESPACE}order.${name}.v1`),
  ...['low', 'out'].map((name) => `${NAMESPACE}stock.${name}.v1`),
];

/** Returns the full event type of a full or short name (`order.paid`), or `undefined` if there is no such type. */
export function eventTypeOf(text: string): string | undefined {
  const full = fullType(text);
  return EVENT_TYPES.find((type) => type === full);
}

/** The commands that we accept by message, as the `type` of a CloudEvent. */
export const COMMAND_TYPES = [
  'com.durable-checkout.order.place.v1',
  'com.durable-checkout.order.cancel.v1',
  'com.durable-checkout.payment.event.v1',
  'com.durable-checkout.stock.sync.v1',
  'com.durable-checkout.shipment.update.v1',
  'com.durable-checkout.return.receive.v1',
] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];

/** Returns the full command type of a full or short name (`order.place`, as in a routing key), or `undefined` if there is none. */
export function commandTypeOf(text: string): CommandType | undefined {
  const full = fullType(text);
  return COMMAND_TYPES.find((type) => type === full);
}

function fullType(text: string): string {
  const short = text.startsWith(NAMESPACE) ? text.slice(NAMESPACE.length) : text;
  return `${NAMESPACE}${short}${/\.v\d+$/.test(short) ? '' : '.v1'}`;
}

/** The id of a message is the idempotency key of its command, or a part of it, so the same characters are allowed. */
export const MessageId = Type.String({
  pattern: '^[\\x20-\\x7e]{1,255}$',
  description: '1 to 255 printable ASCII characters.',
});

/** The `source` of a CloudEvent. Without control characters, which no URI has: a line break separates it from the id in the key. */
export const EventSource = Type.String({
  pattern: '^[^\\x00-\\x1f\\x7f]+$',
  description: 'A URI reference without control characters.',
});

/**
 * The idempotency key of a CloudEvent. Its identity is its source together with its id, so two producers that both count from 1 place
 * different orders. No `Idempotency-Key` and no id of another message has a line break, so none of them is the key of a CloudEvent.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#source-1
 */
export const cloudEventKey = (source: string, id: string): string => `${source}\n${id}`;
