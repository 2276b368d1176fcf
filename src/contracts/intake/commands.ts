import { Type, type Static } from 'typebox';
import { CancelRequest, Sku, type OrderRequest } from '../http/order.ts';
import { MAX_SYNC_MESSAGE_ROWS, StockSyncRow } from '../http/stock-sync.ts';
import { ReceiptRequest } from '../http/returns.ts';
import { ShipmentReportBody } from '../http/shipments.ts';
import { MAX_SEQUENCE, StockItemRequest } from '../http/stock.ts';
import { EventSource, MessageId } from '../messages.ts';

const closed = { additionalProperties: false } as const;

/**
 * `order.cancel`: names the order by its id, or by what placed it: the id of a message, with its `source` if it was a CloudEvent, or the
 * Idempotency-Key of a request.
 */
export const CancelCommand = Type.Object(
  {
    orderId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    idempotencyKey: Type.Optional(MessageId),
    source: Type.Optional(EventSource),
    ...CancelRequest.properties,
  },
  closed,
);
export type CancelCommand = Static<typeof CancelCommand>;

/** Bytes. An event of a provider holds a whole object, and can be far larger than a request of a client. */
export const MAX_PROVIDER_EVENT_BYTES = 1024 * 1024;

/** `payment.event`: a Stripe event as Stripe's webhooks send it. Its content is not trusted: the payment is retrieved from Stripe. */
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

/**
 * `stock.sync` in its older form: sets an item as the warehouse has it. `sequence` is required because messages may arrive twice, late or
 * out of order.
 */
export const StockItemCommand = Type.Object(
  {
    ...StockItemRequest.properties,
    sku: Sku,
    sequence: Type.Integer({
      minimum: 0,
      maximum: MAX_SEQUENCE,
      description: 'Counts up. A message whose number is not higher than the stored one is ignored.',
    }),
  },
  closed,
);
export type StockItemCommand = Static<typeof StockItemCommand>;

/** `stock.sync`: rows of a stock report. */
export const StockSyncCommand = Type.Array(StockSyncRow, { minItems: 1, maxItems: MAX_SYNC_MESSAGE_ROWS });
export type StockSyncCommand = Static<typeof StockSyncCommand>;

/** `return.receive`: what has arrived of a return. */
export const ReturnReceiveCommand = Type.Object(
  { returnId: Type.String({ minLength: 1, maxLength: 100 }), ...ReceiptRequest.properties },
  closed,
);
export type ReturnReceiveCommand = Static<typeof ReturnReceiveCommand>;

/** `shipment.update`: what the warehouse has handed over, of the order that it names or that is the message's subject. */
export const ShipmentUpdateCommand = Type.Object(
  {
    orderId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    ...ShipmentReportBody.properties,
  },
  closed,
);
export type ShipmentUpdateCommand = Static<typeof ShipmentUpdateCommand>;

/** The ids that the order to cancel may have: the second one is meant if there is no order with the first. */
export type OrderIds = readonly [string, ...string[]];

/** What a repeat of a command is recognised by. */
export interface CommandKeys {
  /** The idempotency key: of a CloudEvent its source and id, of another message its id. */
  key: string;
  /** The key by which releases before 0.3 took in a CloudEvent: its id alone. */
  formerKey?: string;
}

/** A command that is valid against its schema. */
export type Command = CommandKeys &
  (
    | {
        type: 'com.durable-checkout.order.place.v1';
        data: OrderRequest;
        notBefore?: Date;
        /** The source of the CloudEvent. */
        source?: string;
      }
    | { type: 'com.durable-checkout.order.cancel.v1'; data: CancelRequest; orderIds: OrderIds }
    | { type: 'com.durable-checkout.payment.event.v1'; data: PaymentEventCommand }
    | { type: 'com.durable-checkout.stock.sync.v1'; data: StockItemCommand | StockSyncCommand }
    | { type: 'com.durable-checkout.return.receive.v1'; data: ReturnReceiveCommand }
    | { type: 'com.durable-checkout.shipment.update.v1'; data: ShipmentReportBody; orderId: string }
  );
