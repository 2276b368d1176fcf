import { Type, type Static } from 'typebox';
import { Currency, MAX_UNIT_PRICE, Sku } from './order.ts';

/** The largest stock of one item, far below the largest bigint of PostgreSQL and the largest safe integer. */
const MAX_ON_HAND = 1_000_000_000;

/**
 * One item of the catalogue. `onHand` is what can still be sold, `held` what is held for orders that are being paid, and
 * `sold` what paid orders have. onHand + held + sold = everything ever received.
 */
export const StockItem = Type.Object(
  {
    sku: Sku,
    title: Type.String(),
    unitPrice: Type.Integer({ minimum: 0, maximum: MAX_UNIT_PRICE }),
    currency: Currency,
    onHand: Type.Integer({ minimum: 0 }),
    held: Type.Integer({ minimum: 0 }),
    sold: Type.Integer({ minimum: 0 }),
    lowAt: Type.Optional(Type.Integer({ minimum: 0 })),
    sequence: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false, title: 'StockItem' },
);
export type StockItem = Static<typeof StockItem>;

/** The body of `PUT /v1/stock/{sku}`: creates the item, or sets these fields of an existing one. */
export const StockItemRequest = Type.Object(
  {
    sku: Type.Optional(Sku),
    title: Type.String({ minLength: 1, maxLength: 200 }),
    unitPrice: Type.Integer({ minimum: 0, maximum: MAX_UNIT_PRICE }),
    currency: Currency,
    onHand: Type.Integer({ minimum: 0, maximum: MAX_ON_HAND }),
    lowAt: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_ON_HAND })),
    sequence: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'The version of this update. A request with a lower sequence than the stored one is ignored.',
      }),
    ),
  },
  { additionalProperties: false, title: 'StockItemRequest' },
);
export type StockItemRequest = Static<typeof StockItemRequest>;
