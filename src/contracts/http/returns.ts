import { Type, type Static } from 'typebox';
import { ActorView } from './actor.ts';
import { DISPOSITIONS, RETURN_STATUSES } from '../shipping-states.ts';
import { LineQuantities, LineQuantity } from './shipments.ts';
import { Text } from './texts.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export type { Disposition, ReturnAction, ReturnStatus } from '../shipping-states.ts';

export const ReturnView = Type.Object(
  {
    returnId: Type.String(),
    orderId: Type.String(),
    number: Type.Integer({ minimum: 1, description: 'Counts the returns of the order.' }),
    status: Type.Enum([...RETURN_STATUSES], { title: 'ReturnStatus' }),
    reason: Type.Optional(Type.String()),
    note: Type.Optional(Type.String()),
    lines: Type.Array(
      Type.Object(
        {
          line: Type.Integer({ minimum: 1 }),
          sku: Type.String(),
          quantity: Type.Integer({ minimum: 1 }),
          received: Type.Integer({ minimum: 0 }),
          missing: Type.Integer({ minimum: 0 }),
        },
        { ...closed, title: 'ReturnLine' },
      ),
    ),
    receipts: Type.Array(
      Type.Object(
        {
          line: Type.Integer({ minimum: 1 }),
          quantity: Type.Integer({ minimum: 1 }),
          disposition: Type.Enum([...DISPOSITIONS], { title: 'Disposition' }),
          location: Type.String(),
          refundId: Type.Optional(Type.String()),
          at: Timestamp,
        },
        { ...closed, title: 'ReturnReceipt' },
      ),
    ),
    exchange: Type.Optional(
      Type.Object(
        {
          lines: Type.Array(
            Type.Object(
              { sku: Type.String(), quantity: Type.Integer({ minimum: 1 }) },
              { ...closed, title: 'ExchangedLine' },
            ),
          ),
          orderId: Type.Optional(Type.String({ description: 'The order that the exchange has made.' })),
        },
        { ...closed, title: 'Exchange' },
      ),
    ),
    carrier: Type.Optional(Type.String()),
    trackingCode: Type.Optional(Type.String()),
    labelUrl: Type.Optional(Type.String()),
    actor: Type.Optional(ActorView),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { ...closed, title: 'Return' },
);
export type ReturnView = Static<typeof ReturnView>;

export const ReturnStatusSchema = Type.Enum([...RETURN_STATUSES], { title: 'ReturnStatus' });

const Words = Text(500);

/** The body of `POST /v1/orders/{orderId}/returns`. */
export const ReturnRequest = Type.Object(
  {
    lines: LineQuantities,
    reason: Type.Optional(Words),
    exchange: Type.Optional(
      Type.Object(
        {
          lines: Type.Array(
            Type.Object(
              {
                sku: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
                quantity: Type.Integer({ minimum: 1, maximum: 1_000 }),
              },
              { ...closed, title: 'ExchangeLine' },
            ),
            { minItems: 1, maxItems: 100 },
          ),
        },
        {
          ...closed,
          title: 'ExchangeRequest',
          description:
            'What the customer wants instead: a new order of these lines is placed when the goods have arrived, and the returned pieces are refunded.',
        },
      ),
    ),
  },
  { ...closed, title: 'ReturnRequest' },
);
export type ReturnRequest = Static<typeof ReturnRequest>;

export const ReturnDecisionRequest = Type.Object(
  {
    note: Type.Optional({
      ...Words,
      description: 'Kept with the return. If it is declined, the customer reads this in the mail.',
    }),
  },
  { ...closed, title: 'ReturnDecision' },
);
export type ReturnDecisionRequest = Static<typeof ReturnDecisionRequest>;

/** The body of `POST /v1/returns/{returnId}/receive`. */
export const ReceiptRequest = Type.Object(
  {
    lines: Type.Array(
      Type.Object(
        { ...LineQuantity.properties, disposition: Type.Enum([...DISPOSITIONS], { title: 'Disposition' }) },
        { ...closed, title: 'ReceiptLine' },
      ),
      { minItems: 1, maxItems: 400 },
    ),
    location: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        description: 'Where the goods are now. Default: the location that they were shipped from.',
      }),
    ),
  },
  { ...closed, title: 'ReceiptRequest' },
);
export type ReceiptRequest = Static<typeof ReceiptRequest>;
