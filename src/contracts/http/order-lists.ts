import { Type, type Static } from 'typebox';
import { WINDOW_PATTERN } from '../window.ts';
import { OrderStatusSchema } from './order.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/** Filters of lists of orders, none of which is personal data. */
export const ORDER_FILTERS = {
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'The id of an order, or its beginning of 8 characters or more; the id of a PaymentIntent, an idempotency key, a tracking code, or a SKU: of an item, the newest orders that have reserved it.',
    }),
  ),
  status: Type.Optional(OrderStatusSchema),
  attention: Type.Optional(
    Type.Boolean({
      description: 'true: only orders with a step that waits for an operator; false: only the others.',
    }),
  ),
  holdEndsSoon: Type.Optional(
    Type.Boolean({
      description:
        'true: only orders with an authorisation that ends within 48 hours and is not captured, as in the queue `holds`; false: only the others.',
    }),
  ),
  createdAfter: Type.Optional({ ...Timestamp, description: 'Only orders placed at this time or later.' }),
  createdWithin: Type.Optional(
    Type.String({
      pattern: WINDOW_PATTERN,
      description: 'Only orders placed within the last so long, for example `24h` or `14d`.',
    }),
  ),
  createdBefore: Type.Optional({ ...Timestamp, description: 'Only orders placed before this time.' }),
};

/** The same as parameters of a query. Each call makes a new schema of the status: the description of the API takes its description out of it. */
export const orderFilterParameters = () => ({
  ...ORDER_FILTERS,
  status: Type.Optional({ ...OrderStatusSchema, description: 'Only orders with this status.' }),
});

export const OrderFilterView = Type.Object(ORDER_FILTERS, { ...closed, title: 'OrderFilter' });
export type OrderFilterView = Static<typeof OrderFilterView>;

/** Orders are counted up to this number. Beyond it the planner of PostgreSQL estimates. */
export const MAX_EXACT_COUNT = 10_000;

export const OrderCount = Type.Object(
  {
    count: Type.Integer({ minimum: 0 }),
    isEstimate: Type.Boolean({
      description: `true: there are more than ${MAX_EXACT_COUNT}, about \`count\`.`,
    }),
  },
  { ...closed, title: 'OrderCount' },
);
export type OrderCount = Static<typeof OrderCount>;

const viewFields = {
  name: Type.String({
    minLength: 1,
    maxLength: 60,
    pattern: '\\S',
    description: 'Unique among the views of its owner.',
  }),
  isShared: Type.Boolean({ description: 'true: all keys of the client see it.' }),
  filter: OrderFilterView,
};

export const NewSavedView = Type.Object(viewFields, { ...closed, title: 'NewSavedView' });
export type NewSavedView = Static<typeof NewSavedView>;

export const SavedView = Type.Object(
  {
    viewId: Type.String(),
    ...viewFields,
    isOwn: Type.Boolean({
      description: 'Whether it was saved with the key of the request. Only its owner can delete it.',
    }),
    updatedAt: Timestamp,
  },
  { ...closed, title: 'SavedView' },
);
export type SavedView = Static<typeof SavedView>;

/** Views that one key can save. */
export const MAX_SAVED_VIEWS = 50;
