import { Type, type Static } from 'typebox';
import { ActorView } from './actor.ts';
import { SHIPMENT_STATUSES } from '../shipping-states.ts';
import { Text } from './texts.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export type { ShipmentStatus } from '../shipping-states.ts';

export const ShipmentStatusSchema = Type.Enum([...SHIPMENT_STATUSES], { title: 'ShipmentStatus' });

/** Pieces of a line of an order: `line` is the position of the line, from 1. */
export const LineQuantity = Type.Object(
  {
    line: Type.Integer({
      minimum: 1,
      maximum: 100,
      description: 'The position of the line in the order, from 1.',
    }),
    quantity: Type.Integer({ minimum: 1, maximum: 1_000 }),
  },
  { ...closed, title: 'LineQuantity' },
);
export type LineQuantity = Static<typeof LineQuantity>;

export const LineQuantities = Type.Array(LineQuantity, { minItems: 1, maxItems: 100 });

export const TrackingDetail = Type.Object(
  {
    at: Timestamp,
    status: Type.String({ description: "The carrier's status, as EasyPost names it." }),
    message: Type.Optional(Type.String()),
    city: Type.Optional(Type.String()),
    country: Type.Optional(Type.String()),
  },
  { ...closed, title: 'TrackingDetail' },
);
export type TrackingDetail = Static<typeof TrackingDetail>;

export const ShipmentView = Type.Object(
  {
    shipmentId: Type.String(),
    number: Type.Integer({ minimum: 1, description: 'Counts the shipments of the order.' }),
    status: ShipmentStatusSchema,
    location: Type.String(),
    carrier: Type.Optional(Type.String()),
    service: Type.Optional(Type.String()),
    trackingCode: Type.Optional(Type.String()),
    trackingUrl: Type.Optional(Type.String()),
    labelUrl: Type.Optional(Type.String()),
    lines: Type.Array(
      Type.Object(
        { line: Type.Integer({ minimum: 1 }), sku: Type.String(), quantity: Type.Integer({ minimum: 1 }) },
        { ...closed, title: 'ShipmentLine' },
      ),
    ),
    tracking: Type.Array(TrackingDetail, { description: 'What the carrier reported, oldest first.' }),
    replaces: Type.Optional(
      Type.String({ description: 'The lost shipment that this one was sent in place of.' }),
    ),
    actor: Type.Optional(ActorView),
    reason: Type.Optional(Type.String({ description: 'In the words of the actor.' })),
    handedOverAt: Type.Optional(Timestamp),
    deliveredAt: Type.Optional(Timestamp),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { ...closed, title: 'Shipment' },
);
export type ShipmentView = Static<typeof ShipmentView>;

export const ListedShipmentView = Type.Object(
  { orderId: Type.String(), ...ShipmentView.properties },
  { ...closed, title: 'ListedShipment' },
);
export type ListedShipmentView = Static<typeof ListedShipmentView>;

/** What the shop's own warehouse has handed over to a carrier. */
export const ShipmentReportBody = Type.Object(
  {
    location: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        description: 'Where the pieces left. Default: the location that they are reserved at.',
      }),
    ),
    lines: LineQuantities,
    carrier: Text(100, {
      description: 'As EasyPost names it, for example `DHLPaket`.',
    }),
    trackingCode: Type.String({ pattern: '^[A-Za-z0-9._ -]{1,100}$' }),
    handedOverAt: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'When the pieces left. A count that was taken later does not have them. Default: now.',
      }),
    ),
  },
  { ...closed, title: 'ShipmentReport' },
);
export type ShipmentReportBody = Static<typeof ShipmentReportBody>;

const Reason = Type.Optional(Text(500, { description: "Kept with the shipment and in the order's events." }));

/** What an operator may say of a change of a shipment. */
export const ShipmentChangeBody = Type.Object({ reason: Reason }, { ...closed, title: 'ShipmentChange' });
export type ShipmentChangeBody = Static<typeof ShipmentChangeBody>;

/** What follows when a parcel is lost. */
export const LostShipmentBody = Type.Object(
  {
    reason: Reason,
    action: Type.Enum(['reship', 'refund'], {
      title: 'LostShipmentAction',
      description: '`reship`: the pieces are sent again. `refund`: their money goes back.',
    }),
  },
  { ...closed, title: 'LostShipment' },
);
export type LostShipmentBody = Static<typeof LostShipmentBody>;
