import { Type, type Static } from 'typebox';
import { Address, POSTAL_CODE_RULE } from './order.ts';
import { Text } from './texts.ts';

const closed = { additionalProperties: false } as const;

/** The location of stock that is reported without one. It exists from the start. */
export const DEFAULT_LOCATION = 'default';

/** As the column `locations.location_id`. */
export const LocationId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
  description: 'The id of a location. Stock without a location is at `default`.',
});

/** Where parcels are sent from and returned to. */
export const LocationAddress = Type.Object(
  { ...Address.properties, phone: Type.Optional(Text(30)) },
  { ...closed, ...POSTAL_CODE_RULE, title: 'LocationAddress' },
);
export type LocationAddress = Static<typeof LocationAddress>;

const properties = {
  name: Text(100),
  priority: Type.Integer({
    minimum: -1_000_000,
    maximum: 1_000_000,
    description: 'Orders are allocated to the location of the lowest priority first.',
  }),
  active: Type.Boolean({
    description:
      'false: nothing new is allocated to the location. It keeps its stock, and ships what is allocated to it already.',
  }),
  address: Type.Optional(LocationAddress),
};

export const LocationView = Type.Object(
  { location: LocationId, ...properties },
  { ...closed, title: 'Location' },
);
export type LocationView = Static<typeof LocationView>;

/** The body of `PUT /v1/locations/{id}`, which replaces the location. */
export const LocationRequest = Type.Object(
  {
    name: properties.name,
    priority: Type.Optional(properties.priority),
    active: Type.Optional(properties.active),
    address: properties.address,
  },
  { ...closed, title: 'LocationRequest' },
);
export type LocationRequest = Static<typeof LocationRequest>;
