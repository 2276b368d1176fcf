import { Type, type Static } from 'typebox';
import { COUNTRIES_WITHOUT_POSTAL_CODES } from '../countries.ts';
import { ATTENTION_ACTIONS } from '../attention.ts';
import { ORDER_STATUSES } from '../order-status.ts';
import { DisputeView } from './disputes.ts';
import { ReturnView } from './returns.ts';
import { LineQuantities, ShipmentView } from './shipments.ts';
import { Text } from './texts.ts';

/** The largest quantity of one line; keeps every total inside JavaScript's safe integers. */
export const MAX_QUANTITY = 1_000;
export const MAX_LINES = 100;
/** The highest unit price in minor units: 100 lines x 1,000 pieces of it is still a safe integer. */
export const MAX_UNIT_PRICE = 10_000_000_000;

const closed = { additionalProperties: false } as const;

export const Sku = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'Stock keeping unit: 1 to 64 letters, digits, ".", "_" or "-".',
});

export const Currency = Type.String({
  pattern: '^[A-Z]{3}$',
  description: 'ISO 4217 code in capitals, for example EUR.',
});

/** The languages of the mails to customers. */
export const LOCALES = ['en', 'de', 'zh'] as const;
export const Locale = Type.Enum([...LOCALES], {
  title: 'Locale',
  description: "The language of the customer's mails. Default: en.",
});
export type Locale = (typeof LOCALES)[number];

const MinorUnits = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'An amount in minor units (cents).',
});

export const Customer = Type.Object(
  {
    email: Type.String({ format: 'email', maxLength: 254 }),
    name: Type.Optional(Text(200)),
  },
  { ...closed, title: 'Customer' },
);
export type Customer = Static<typeof Customer>;

/** Without the format of an address, which a masked one has not. */
const CustomerView = Type.Object(
  {
    email: Type.String({
      description: 'Masked for who is signed in at the board, as the name is: `a•••@example.com`.',
    }),
    name: Type.Optional(Type.String()),
  },
  { ...closed, title: 'OrderCustomer' },
);

/** The name of the format of a country in JSON Schema: an assigned code of ISO 3166-1 alpha-2. */
export const COUNTRY_FORMAT = 'country';

/** Where a postal code is required. */
export const POSTAL_CODE_RULE = {
  if: { properties: { country: { enum: [...COUNTRIES_WITHOUT_POSTAL_CODES] } } },
  else: { properties: { postalCode: true }, required: ['postalCode'] },
} as const;

export const Address = Type.Object(
  {
    name: Text(200),
    line1: Text(200),
    line2: Type.Optional(Type.String({ maxLength: 200 })),
    city: Text(100),
    state: Type.Optional(Type.String({ maxLength: 100 })),
    postalCode: Type.Optional(
      Text(20, { description: 'Required, but for countries that have no postal codes, such as HK.' }),
    ),
    country: Type.String({
      format: COUNTRY_FORMAT,
      description: 'ISO 3166-1 alpha-2 code in capitals, such as DE, or GB for the United Kingdom.',
    }),
  },
  { ...closed, ...POSTAL_CODE_RULE, title: 'Address' },
);
export type Address = Static<typeof Address>;

export const OrderLineRequest = Type.Object(
  { sku: Sku, quantity: Type.Integer({ minimum: 1, maximum: MAX_QUANTITY }) },
  { ...closed, title: 'OrderLineRequest' },
);
export type OrderLineRequest = Static<typeof OrderLineRequest>;

/** The body of `POST /v1/orders`. Prices come from the catalogue alone; a card number is never accepted. */
export const OrderRequest = Type.Object(
  {
    customer: Customer,
    currency: Currency,
    lines: Type.Array(OrderLineRequest, { minItems: 1, maxItems: MAX_LINES }),
    payment: Type.Object(
      {
        method: Type.String({
          pattern: '^pm_[A-Za-z0-9_]{1,200}$',
          description: "The payment provider's id of a payment method (pm_…), never a card number.",
        }),
      },
      { ...closed, title: 'PaymentRequest' },
    ),
    shipping: Type.Optional(Address),
    expectedTotal: Type.Optional(MinorUnits),
    locale: Type.Optional(Locale),
  },
  { ...closed, title: 'OrderRequest' },
);
export type OrderRequest = Static<typeof OrderRequest>;

export const OrderStatusSchema = Type.Enum([...ORDER_STATUSES], { title: 'OrderStatus' });

const Timestamp = Type.String({ format: 'date-time' });

const Pieces = Type.Integer({ minimum: 0 });

export const OrderLine = Type.Object(
  {
    line: Type.Integer({ minimum: 1, description: 'The position of the line in the order, from 1.' }),
    sku: Type.String(),
    title: Type.String(),
    quantity: Type.Integer(),
    unitPrice: MinorUnits,
    gross: Type.Integer({ minimum: 0, description: 'Quantity times unit price, in minor units.' }),
    discount: MinorUnits,
    tax: MinorUnits,
    net: Type.Integer({ minimum: 0, description: 'Gross less discount, in minor units.' }),
    total: Type.Integer({
      minimum: 0,
      description: 'What the customer pays for the line: net plus tax, in minor units.',
    }),
    cancelled: Pieces,
    shipped: Pieces,
    delivered: Pieces,
    returned: Pieces,
    refunded: Pieces,
    refundedAmount: MinorUnits,
  },
  { ...closed, title: 'OrderLine' },
);
export type OrderLine = Static<typeof OrderLine>;

const PAYMENT_STATUSES = [
  'none',
  'requires_action',
  'unknown',
  'authorized',
  'succeeded',
  'declined',
  'cancelled',
  'refunded',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export const PaymentView = Type.Object(
  {
    status: Type.Enum([...PAYMENT_STATUSES], { title: 'PaymentStatus' }),
    method: Type.String(),
    paymentIntentId: Type.Optional(Type.String()),
    captured: MinorUnits,
    refunded: MinorUnits,
    disputed: Type.Integer({
      minimum: 0,
      description:
        'What disputes have taken back and not given back, in minor units. What the customer has paid in total is `captured` less `refunded` and `disputed`.',
    }),
    capturable: MinorUnits,
    captureBefore: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the authorisation expires.' }),
    ),
    declineCode: Type.Optional(Type.String()),
    clientSecret: Type.Optional(
      Type.String({
        description: "While the customer must act: the secret for the payment provider's browser library.",
      }),
    ),
    nextActionUrl: Type.Optional(
      Type.String({ description: 'While the customer must act: the URL to redirect them to.' }),
    ),
  },
  { ...closed, title: 'Payment' },
);
export type PaymentView = Static<typeof PaymentView>;

export const ReservationView = Type.Object(
  {
    sku: Type.String(),
    quantity: Type.Integer(),
    location: Type.String(),
    state: Type.Enum(['held', 'committed', 'consumed', 'released'], { title: 'ReservationState' }),
    short: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Pieces that are missing at the location, by its newest count.',
      }),
    ),
  },
  { ...closed, title: 'Reservation' },
);
export type ReservationView = Static<typeof ReservationView>;

const AttentionActionSchema = Type.Enum([...ATTENTION_ACTIONS], { title: 'AttentionAction' });

export const AttentionView = Type.Object(
  {
    step: Type.String(),
    reason: Type.String(),
    attempts: Type.Integer(),
    since: Timestamp,
    deadline: Type.Optional(Type.String({ format: 'date-time', description: 'When it is too late to act.' })),
    actions: Type.Array(AttentionActionSchema),
  },
  { ...closed, title: 'Attention' },
);
export type AttentionView = Static<typeof AttentionView>;

/**
 * Why money goes back. `cancellation`: the order was cancelled as a whole. `line_cancellation`: pieces of it were. `return`: pieces came
 * back. `lost`: a parcel was lost. `provider`: somebody has refunded at the payment provider. `requested`: any other reason.
 */
const REFUND_KINDS = [
  'requested',
  'cancellation',
  'line_cancellation',
  'return',
  'lost',
  'provider',
] as const;
export type RefundKind = (typeof REFUND_KINDS)[number];

const REFUND_STATUSES = ['pending', 'succeeded', 'skipped', 'resolved'] as const;

export const RefundView = Type.Object(
  {
    refundId: Type.String(),
    number: Type.Integer({ minimum: 1 }),
    kind: Type.Enum([...REFUND_KINDS], { title: 'RefundKind' }),
    amount: MinorUnits,
    lines: Type.Optional(
      Type.Array(
        Type.Object(
          {
            line: Type.Integer({ minimum: 1 }),
            quantity: Type.Integer({
              minimum: 0,
              description: '0: money of pieces that were refunded or cancelled before.',
            }),
            amount: MinorUnits,
          },
          { ...closed, title: 'RefundLine' },
        ),
        { description: 'The pieces that the money is for, where they are known.' },
      ),
    ),
    status: Type.Enum([...REFUND_STATUSES], { title: 'RefundStatus' }),
    reason: Type.Optional(Type.String()),
    createdAt: Timestamp,
  },
  { ...closed, title: 'Refund' },
);
export type RefundView = Static<typeof RefundView>;

const ReviewDecision = Type.Enum(['approve', 'reject'], { title: 'ReviewDecision' });

export const ReviewView = Type.Object(
  {
    reasons: Type.Array(Type.String(), {
      description: 'The stable codes of the rules that require the review.',
    }),
    deadline: Timestamp,
    decision: Type.Optional(ReviewDecision),
    note: Type.Optional(Type.String()),
    decidedAt: Type.Optional(Timestamp),
  },
  { ...closed, title: 'Review' },
);
export type ReviewView = Static<typeof ReviewView>;

export const OrderView = Type.Object(
  {
    orderId: Type.String(),
    status: OrderStatusSchema,
    reason: Type.Optional(Type.String({ description: 'Why the order has this status, as a stable code.' })),
    currency: Currency,
    total: MinorUnits,
    customer: Type.Optional(CustomerView),
    shipping: Type.Optional(Address),
    locale: Type.Optional(Locale),
    lines: Type.Array(OrderLine),
    payment: PaymentView,
    reservations: Type.Array(ReservationView),
    shipments: Type.Array(ShipmentView),
    returns: Type.Array(ReturnView),
    refunds: Type.Array(RefundView),
    disputes: Type.Array(DisputeView),
    partiallyShipped: Type.Boolean({
      description: 'true: some pieces were handed over to a carrier, but not all.',
    }),
    partiallyReturned: Type.Boolean({ description: 'true: some delivered pieces came back, but not all.' }),
    partiallyRefunded: Type.Boolean({
      description: 'true: some of the captured amount was refunded, but not all of it.',
    }),
    review: Type.Optional(ReviewView),
    attention: Type.Union([AttentionView, Type.Null()]),
    traceId: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{32}$',
        description: 'The id of the trace in which the order was placed, where it is recorded.',
      }),
    ),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { ...closed, title: 'Order' },
);
export type OrderView = Static<typeof OrderView>;

/** What an operator has asked to see of a customer. */
export const RevealedCustomer = Type.Object(
  {
    orderId: Type.String(),
    customer: Type.Optional(Customer),
    shipping: Type.Optional(Address),
  },
  { ...closed, title: 'RevealedCustomer' },
);
export type RevealedCustomer = Static<typeof RevealedCustomer>;

export const OrderEvent = Type.Object(
  {
    id: Type.String(),
    sequence: Type.Integer({ minimum: 1 }),
    type: Type.String(),
    occurredAt: Timestamp,
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  { ...closed, title: 'OrderEvent' },
);
export type OrderEvent = Static<typeof OrderEvent>;

/** The body of `POST /v1/orders/search`: the filters of the list, and the address of a customer, which no URL may have. */
export const OrderSearch = Type.Object(
  {
    q: Type.Optional(
      Text(200, {
        description:
          'The id of an order or of a PaymentIntent, an idempotency key, a tracking code, or a SKU: of an item, the newest orders that have reserved it.',
      }),
    ),
    email: Type.Optional(
      Type.String({
        format: 'email',
        maxLength: 254,
        description: 'Only orders of the customer with this address.',
      }),
    ),
    status: Type.Optional(OrderStatusSchema),
    attention: Type.Optional(
      Type.Boolean({
        description: 'true: only orders with a step that waits for an operator; false: only the others.',
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, description: 'The size of the page at most. Default: 20.' }),
    ),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,512}$',
        description: 'The `nextCursor` of the previous page.',
      }),
    ),
  },
  { ...closed, title: 'OrderSearch' },
);
export type OrderSearch = Static<typeof OrderSearch>;

export const CancelRequest = Type.Object(
  {
    lines: Type.Optional({
      ...LineQuantities,
      description: 'The pieces to cancel; the order goes on with the rest. Default: the whole order.',
    }),
    reason: Type.Optional(Text(500)),
  },
  { ...closed, title: 'CancelRequest' },
);
export type CancelRequest = Static<typeof CancelRequest>;

const Note = Text(500, { description: "Kept in the order's events." });

export const ReviewRequest = Type.Object(
  { decision: ReviewDecision, note: Type.Optional(Note) },
  { ...closed, title: 'ReviewRequest' },
);
export type ReviewRequest = Static<typeof ReviewRequest>;

const PositiveAmount = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'In minor units. Default: everything that is left.',
});

export const RefundRequestBody = Type.Object(
  {
    amount: Type.Optional(PositiveAmount),
    lines: Type.Optional({
      ...LineQuantities,
      description: 'The pieces whose money is refunded, instead of an amount.',
    }),
    restock: Type.Optional(
      Type.Boolean({
        description:
          'true: the pieces are in the shop and can be sold again. Not together with an amount. Default: the stock does not change.',
      }),
    ),
    reason: Type.Optional(Text(500)),
  },
  { ...closed, title: 'RefundRequest' },
);
export type RefundRequestBody = Static<typeof RefundRequestBody>;

export const CaptureRequestBody = Type.Object(
  {
    amount: Type.Optional(PositiveAmount),
    final: Type.Optional(
      Type.Boolean({
        description: 'true: this is the last capture, and what is left of the authorisation is released.',
      }),
    ),
  },
  { ...closed, title: 'CaptureRequest' },
);
export type CaptureRequestBody = Static<typeof CaptureRequestBody>;

export const AttentionRequest = Type.Object(
  {
    action: AttentionActionSchema,
    note: Type.Optional(Note),
    step: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Which step to resolve, if several wait. Default: the oldest.',
      }),
    ),
  },
  { ...closed, title: 'AttentionRequest' },
);
export type AttentionRequest = Static<typeof AttentionRequest>;
