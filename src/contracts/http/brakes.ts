import { Type, type Static } from 'typebox';
import { BRAKE_KINDS } from '../brakes.ts';
import { ActorView } from './actor.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export const MAX_BRAKE_REASON = 500;

const Reason = Type.String({
  minLength: 1,
  maxLength: MAX_BRAKE_REASON,
  pattern: '\\S',
  description: 'Why, for other operators. Customers do not see it.',
});

export const BrakeKindSchema = Type.Enum([...BRAKE_KINDS], {
  title: 'BrakeKind',
  description:
    '`intake`: no new orders are taken in. `provider`: no call that takes money is made. `sku`: no new orders of the item are taken in.',
});

export const BrakeView = Type.Object(
  {
    brakeId: Type.Integer({ minimum: 1 }),
    kind: BrakeKindSchema,
    target: Type.String({ description: 'What is paused: as in the request.' }),
    reason: Type.String(),
    setAt: Timestamp,
    setBy: ActorView,
    releasedAt: Type.Optional(Type.String({ format: 'date-time', description: 'Absent: the brake is on.' })),
    releasedBy: Type.Optional(ActorView),
    releaseReason: Type.Optional(Type.String()),
    affected: Type.Integer({
      minimum: 0,
      description:
        'How many requests it has refused, and how many messages and payments it has refused or delayed. Some seconds late.',
    }),
  },
  { ...closed, title: 'Brake' },
);
export type BrakeView = Static<typeof BrakeView>;

/** The body of `POST /v1/brakes`. */
export const BrakeRequest = Type.Object(
  {
    kind: BrakeKindSchema,
    target: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: '^[^\\u0000-\\u001f\\u007f]+$',
        description:
          'Of `intake`: `all` (the default), `http`, `rabbitmq`, `kafka`, `zeromq`, or the source of CloudEvents, such as `/storefront`. Of `provider`: `stripe`, the default. Of `sku`: the item.',
      }),
    ),
    reason: Reason,
  },
  { ...closed, title: 'BrakeRequest' },
);
export type BrakeRequest = Static<typeof BrakeRequest>;

/** The body of `POST /v1/brakes/{brakeId}/release`. */
export const BrakeReleaseRequest = Type.Object(
  { reason: Reason },
  { ...closed, title: 'BrakeReleaseRequest' },
);
export type BrakeReleaseRequest = Static<typeof BrakeReleaseRequest>;
