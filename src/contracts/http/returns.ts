import { Type, type Static } from 'typebox';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export const RETURN_STATUSES = ['requested', 'open', 'declined', 'cancelled', 'closed'] as const;
export type ReturnStatus = (typeof RETURN_STATUSES)[number];

/** What became of a returned piece. */
export const DISPOSITIONS = ['restocked', 'not_restocked', 'processing', 'missing'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

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
              { ...closed, title: 'ExchangeLine' },
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
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { ...closed, title: 'Return' },
);
export type ReturnView = Static<typeof ReturnView>;
