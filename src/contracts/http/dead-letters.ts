import { Type, type Static } from 'typebox';
import { ActorView } from './actor.ts';
import { BROKERS } from '../broker-names.ts';
import { DEAD_LETTER_STATES } from '../dead-letter-states.ts';
import { FieldError } from '../errors.ts';
import { COMMAND_TYPES, MessageId } from '../messages.ts';
import { Text } from './texts.ts';

// In a file of its own, so that the checkout command, which needs only the names, does not load TypeBox.
export { DEAD_LETTER_STATES, type DeadLetterState } from '../dead-letter-states.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

export const DeadLetterStateSchema = Type.Enum([...DEAD_LETTER_STATES], { title: 'DeadLetterState' });

export const Broker = Type.Enum([...BROKERS], { title: 'Broker' });

export const DeadLetterSummary = Type.Object(
  {
    deadLetterId: Type.String(),
    source: Broker,
    position: Type.String({ description: 'The position of the message in its broker.' }),
    messageId: Type.Optional(Type.String()),
    type: Type.Optional(Type.String()),
    state: DeadLetterStateSchema,
    reason: Type.String({ description: 'A stable code: that of the problem which HTTP would answer.' }),
    detail: Type.String(),
    errors: Type.Array(FieldError),
    attempts: Type.Integer({ minimum: 1 }),
    arrivals: Type.Integer({ minimum: 1, description: 'How often the same message was delivered.' }),
    size: Type.Integer({ minimum: 0, description: 'The size of the body in bytes.' }),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    retryAt: Type.Optional(Timestamp),
    settledAt: Type.Optional(Timestamp),
    orderId: Type.Optional(
      Type.String({
        description:
          'The order of the command: of one that was replayed, and of a cancellation that waits for its order.',
      }),
    ),
    note: Type.Optional(Type.String()),
    actor: Type.Optional(ActorView),
  },
  { ...closed, title: 'DeadLetterSummary' },
);
export type DeadLetterSummary = Static<typeof DeadLetterSummary>;

/** A dead letter with its message: `body` where it is UTF-8, or else `bodyBase64`. */
export const DeadLetterView = Type.Object(
  {
    ...DeadLetterSummary.properties,
    contentType: Type.Optional(Type.String()),
    attributes: Type.Record(Type.String(), Type.String()),
    body: Type.Optional(Type.String()),
    bodyBase64: Type.Optional(Type.String()),
  },
  { ...closed, title: 'DeadLetter' },
);
export type DeadLetterView = Static<typeof DeadLetterView>;

/** Corrections to a message before it is replayed. Fields that are absent do not change. */
export const ReplayRequest = Type.Object(
  {
    id: Type.Optional(MessageId),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    data: Type.Optional(
      Type.Unknown({ description: 'The data of the command: for `order.place` the body of an order.' }),
    ),
  },
  { ...closed, title: 'ReplayRequest' },
);
export type ReplayRequest = Static<typeof ReplayRequest>;

/** Whether the command of a message would be accepted now. */
export const DeadLetterCheck = Type.Object(
  {
    accepted: Type.Boolean({ description: 'Whether a replay with these corrections would succeed now.' }),
    type: Type.Optional(Type.Enum([...COMMAND_TYPES], { title: 'CommandType' })),
    reason: Type.Optional(
      Type.String({ description: 'A stable code: that of the problem which a replay would answer.' }),
    ),
    detail: Type.Optional(Type.String({ description: 'What to do about it.' })),
    errors: Type.Array(FieldError, { description: 'The fields to correct.' }),
  },
  { ...closed, title: 'DeadLetterCheck' },
);
export type DeadLetterCheck = Static<typeof DeadLetterCheck>;

/** The filter of dead letters. A dead letter must match every field that is present. */
export const deadLetterFilter = {
  source: Type.Optional(Broker),
  reason: Type.Optional(
    Type.String({ pattern: '^[a-z_]{1,50}$', description: 'Why the message was refused, as a stable code.' }),
  ),
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'The type of the message.' })),
} as const;

/** Which dead letters to replay or discard: the oldest first, up to 100 in a call. */
export const SettleManyRequest = Type.Object(
  {
    ...deadLetterFilter,
    ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 }),
    ),
    cursor: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,512}$',
        description: 'The `nextCursor` of the previous call.',
      }),
    ),
    note: Type.Optional(Text(500)),
  },
  { ...closed, title: 'SettleManyRequest' },
);
export type SettleManyRequest = Static<typeof SettleManyRequest>;

export const SettleManyResult = Type.Object(
  {
    settled: Type.Array(Type.String(), {
      description: 'The ids of the dead letters that were replayed or discarded.',
    }),
    failed: Type.Array(
      Type.Object(
        { deadLetterId: Type.String(), reason: Type.String(), detail: Type.String() },
        { ...closed, title: 'UnsettledDeadLetter' },
      ),
      { description: 'The dead letters that are still waiting, and why.' },
    ),
    nextCursor: Type.Optional(Type.String({ description: 'Absent after the last dead letter.' })),
  },
  { ...closed, title: 'SettleManyResult' },
);
export type SettleManyResult = Static<typeof SettleManyResult>;

export const DiscardRequest = Type.Object(
  {
    note: Type.Optional(Text(500, { description: 'The reason, which is kept.' })),
  },
  { ...closed, title: 'DiscardRequest' },
);
export type DiscardRequest = Static<typeof DiscardRequest>;
