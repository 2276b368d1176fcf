import { Type, type Static } from 'typebox';
import { ActorView } from './actor.ts';
import { LocationId } from './locations.ts';
import { Sku } from './order.ts';

const closed = { additionalProperties: false } as const;

export const MOVEMENT_KINDS = [
  'received',
  'held',
  'released',
  'committed',
  'shipped',
  'returned',
  'adjusted',
] as const;

const Change = (of: string) =>
  Type.Integer({ description: `What was added to ${of}; negative: taken away.` });

export const StockMovement = Type.Object(
  {
    movementId: Type.Integer({ minimum: 1, description: 'Later movements have higher ids.' }),
    at: Type.String({ format: 'date-time' }),
    location: LocationId,
    kind: Type.Enum([...MOVEMENT_KINDS], { title: 'MovementKind' }),
    available: Change('what can be sold'),
    held: Change('what is held for orders that are not paid'),
    committed: Change('what is paid and not handed over'),
    unavailable: Change('what cannot be sold'),
    orderId: Type.Optional(Type.String({ description: 'Only of your own orders.' })),
    reference: Type.Optional(
      Type.String({ description: 'The shipment, the return or the source of counts that caused it.' }),
    ),
    reason: Type.Optional(Type.String({ description: 'A stable code.' })),
    actor: Type.Optional(ActorView),
  },
  { ...closed, title: 'StockMovement' },
);
export type StockMovement = Static<typeof StockMovement>;

const counts = {
  onHand: Type.Integer({ minimum: 0 }),
  available: Type.Integer({ minimum: 0 }),
  held: Type.Integer({ minimum: 0 }),
  committed: Type.Integer({ minimum: 0 }),
  unavailable: Type.Integer({ minimum: 0 }),
  oversold: Type.Integer({ minimum: 0 }),
};

const Counts = Type.Object(counts, { ...closed, title: 'StockCounts' });

export const CountPreview = Type.Object(
  {
    sku: Sku,
    location: LocationId,
    before: Counts,
    after: Counts,
    short: Type.Array(
      Type.Object(
        {
          orderId: Type.Optional(Type.String({ description: 'Only of your own orders.' })),
          state: Type.Enum(['held', 'committed'], { title: 'AllocationState' }),
          quantity: Type.Integer({ minimum: 1, description: 'The pieces that would be missing.' }),
        },
        { ...closed, title: 'ShortOrder' },
      ),
      { description: 'The orders that would be short, those that lose their pieces first. At most 100.' },
    ),
    shortPieces: Type.Integer({ minimum: 0, description: 'Of all orders.' }),
  },
  { ...closed, title: 'CountPreview' },
);
export type CountPreview = Static<typeof CountPreview>;
