import { Type, type Static } from 'typebox';
import type { StockTrouble } from '../stock-troubles.ts';
import { ActorView } from './actor.ts';
import { LocationId } from './locations.ts';
import { Currency, MAX_UNIT_PRICE, Sku } from './order.ts';
import { Text } from './texts.ts';

/** The largest stock of one item, far below the largest bigint of PostgreSQL and the largest safe integer. */
export const MAX_ON_HAND = 1_000_000_000;

/**
 * The microseconds from 1970 to the year 2200: a source may number its reports by the time. A number below it that is far too high is
 * accepted, and has to be reset by an operator.
 */
export const MAX_SEQUENCE = 7_258_118_400_000_000;

/** Paths after `/v1/stock/` that are read for something else, so that an item of such a name could not be read. */
export const RESERVED_SKUS: readonly string[] = ['alerts'];

/** Which items a list has. */
export interface StockFilter {
  state?: StockTrouble;
  /** A part of the SKU or of the title. */
  q?: string;
}

const closed = { additionalProperties: false } as const;
const Count = (description: string) => Type.Integer({ minimum: 0, description });
const AlertLevel = Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_ON_HAND }));
const Sequence = Type.Optional(Type.Integer({ minimum: 0 }));

/** The counts of an item, of one location or in sum: onHand = available + held + committed + unavailable. */
const counts = {
  onHand: Count('What is physically there.'),
  available: Count('What can be sold.'),
  held: Count('Held for orders that are not paid yet.'),
  committed: Count('Paid, and not handed over yet.'),
  unavailable: Count('Damaged, in quality control, or safety stock.'),
  oversold: Count('Allocated to orders and not there. The next pieces that arrive go to these orders.'),
  sold: Count('What paid orders have taken, without what was cancelled.'),
};

export const StockLevel = Type.Object(
  {
    location: LocationId,
    ...counts,
    lowAt: AlertLevel,
    rearmAt: AlertLevel,
    sequence: Sequence,
    countedBy: Type.Optional(ActorView),
    countedAt: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the pieces were counted last.' }),
    ),
  },
  { ...closed, title: 'StockLevel' },
);
export type StockLevel = Static<typeof StockLevel>;

/** What the price of an order needs to know of an item. */
export interface CatalogueItem {
  sku: string;
  title: string;
  /** Minor units. */
  unitPrice: number;
  currency: string;
}

const WeightGrams = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'The weight of one piece, for labels.' }),
);

/**
 * One item of the catalogue, with its stock in sum and by location. `lowAt`, `rearmAt` and `sequence` of the item are those of its only
 * location; with several locations they are in `locations` only.
 */
export const StockItem = Type.Object(
  {
    sku: Sku,
    title: Type.String(),
    unitPrice: Type.Integer({ minimum: 0, maximum: MAX_UNIT_PRICE }),
    currency: Currency,
    weightGrams: WeightGrams,
    ...counts,
    lowAt: AlertLevel,
    rearmAt: AlertLevel,
    sequence: Sequence,
    locations: Type.Array(StockLevel),
  },
  { ...closed, title: 'StockItem' },
);
export type StockItem = Static<typeof StockItem>;

/** The body of `PUT /v1/stock/{sku}`: creates the item, or sets these fields of an existing one and of its stock at one location. */
export const StockItemRequest = Type.Object(
  {
    sku: Type.Optional(Sku),
    title: Text(200),
    unitPrice: Type.Integer({ minimum: 0, maximum: MAX_UNIT_PRICE }),
    currency: Currency,
    onHand: Type.Integer({
      minimum: 0,
      maximum: MAX_ON_HAND,
      description: 'What is physically there now, with what is held for orders and not handed over yet.',
    }),
    location: Type.Optional(LocationId),
    lowAt: AlertLevel,
    rearmAt: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_ON_HAND,
        description: 'More than `lowAt`. Without it: `lowAt` plus a fifth, at least one more.',
      }),
    ),
    weightGrams: WeightGrams,
    sequence: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_SEQUENCE,
        description:
          'The version of this update of this location. A request with a lower sequence than the stored one is ignored.',
      }),
    ),
  },
  { ...closed, title: 'StockItemRequest' },
);
export type StockItemRequest = Static<typeof StockItemRequest>;
