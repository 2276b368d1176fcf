import { Type, type Static } from 'typebox';
import { FieldError } from '../errors.ts';
import { MAX_SYNC_ROWS } from '../stock-sync-limits.ts';
import { LocationId } from './locations.ts';
import { Sku } from './order.ts';
import { MAX_ON_HAND, MAX_SEQUENCE } from './stock.ts';

const closed = { additionalProperties: false } as const;

export { MAX_SYNC_ROWS } from '../stock-sync-limits.ts';
/** The most rows of one message, which are applied in one transaction. */
export const MAX_SYNC_MESSAGE_ROWS = 500;

export const SYNC_KINDS = ['physical', 'sellable', 'delta'] as const;

export const SyncSource = Type.String({
  pattern: '^[\\x21-\\x7e]{1,100}$',
  description: 'The system that reports: 1 to 100 printable ASCII characters without spaces.',
});

export const StockSyncRow = Type.Object(
  {
    source: SyncSource,
    location: Type.Optional(LocationId),
    sku: Sku,
    kind: Type.Enum([...SYNC_KINDS], {
      description:
        '`physical`: how many pieces were counted. `sellable`: how many can be sold beyond the orders that have reserved theirs. `delta`: how many arrived, or, if negative, left.',
    }),
    quantity: Type.Integer({
      minimum: -MAX_ON_HAND,
      maximum: MAX_ON_HAND,
      description: 'Pieces. Only a `delta` may be negative.',
    }),
    sequence: Type.Integer({
      minimum: 0,
      maximum: MAX_SEQUENCE,
      description:
        'Counts up for each source, location and SKU. A row whose number is not higher than the last applied one is `stale`.',
    }),
    asOf: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'When the quantity was true (RFC 3339), at most 31 days ago unless it is a `delta`. Default: when the row is applied. What has moved since then is taken into account.',
      }),
    ),
    compareQuantity: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_ON_HAND,
        description:
          'The row is applied only if this is the present `onHand`, or for `sellable` the present `available`.',
      }),
    ),
  },
  { ...closed, title: 'StockSyncRow' },
);
export type StockSyncRow = Static<typeof StockSyncRow>;

/** The body of `POST /v1/stock/sync` as JSON. */
export const StockSyncRequest = Type.Union(
  [Type.Array(StockSyncRow, { maxItems: MAX_SYNC_ROWS }), StockSyncRow],
  { title: 'StockSyncRequest' },
);

export const SYNC_STATUSES = ['applied', 'stale', 'conflict', 'error'] as const;
export type SyncStatus = (typeof SYNC_STATUSES)[number];

export const StockSyncResult = Type.Object(
  {
    row: Type.Integer({
      minimum: 1,
      description: 'The position of the row, from 1, without the CSV header.',
    }),
    sku: Type.Optional(Type.String()),
    location: Type.Optional(Type.String()),
    status: Type.Enum([...SYNC_STATUSES], {
      description:
        '`applied`; `stale`: the same or a newer report was applied before; `conflict`: the present quantity is not `compareQuantity`; `error`: see `message`.',
    }),
    onHand: Type.Optional(Type.Integer({ minimum: 0 })),
    available: Type.Optional(Type.Integer({ minimum: 0 })),
    oversold: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Pieces that are allocated to orders and are not there.' }),
    ),
    message: Type.Optional(Type.String({ description: 'Why the row was not applied.' })),
    errors: Type.Optional(Type.Array(FieldError)),
  },
  { ...closed, title: 'StockSyncResult' },
);
export type StockSyncResult = Static<typeof StockSyncResult>;

const Count = Type.Integer({ minimum: 0 });

export const SyncCounts = Type.Object(
  { applied: Count, stale: Count, conflict: Count, error: Count },
  { ...closed, title: 'StockSyncCounts' },
);
export type SyncCounts = Static<typeof SyncCounts>;

export const StockSyncReport = Type.Object(
  { data: Type.Array(StockSyncResult), counts: SyncCounts },
  { ...closed, title: 'StockSyncReport' },
);
export type StockSyncReport = Static<typeof StockSyncReport>;

/**
 * Which sequences an operator resets: of a source those of one item, of one location, or all. Without a source, those with which
 * an item was written by `PUT /v1/stock/{sku}` or by message.
 */
export const SequenceFilter = Type.Object(
  { source: Type.Optional(SyncSource), location: Type.Optional(LocationId), sku: Type.Optional(Sku) },
  closed,
);
export type SequenceFilter = Static<typeof SequenceFilter>;

export const SequenceReset = Type.Object(
  {
    reset: Type.Integer({
      minimum: 0,
      description: 'The number of sequences that were reset. 0: no row of these was applied before.',
    }),
  },
  { ...closed, title: 'StockSequenceReset' },
);
export type SequenceReset = Static<typeof SequenceReset>;
