import { Type, type Static } from 'typebox';
import { BROKERS } from '../ports/broker.ts';
import { MessageId } from '../messages.ts';

const closed = { additionalProperties: false } as const;
const Timestamp = Type.String({ format: 'date-time' });

/**
 * `retrying`: it cannot be done yet, and is tried again by itself; `waiting`: for an operator, who has it `replayed` or
 * `discarded`.
 */
export const DEAD_LETTER_STATES = ['retrying', 'waiting', 'replayed', 'discarded'] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

export const DeadLetterSummary = Type.Object(
  {
    deadLetterId: Type.String(),
    source: Type.Enum([...BROKERS]),
    position: Type.String({ description: 'Where in the broker it was.' }),
    messageId: Type.Optional(Type.String()),
    type: Type.Optional(Type.String()),
    state: Type.Enum([...DEAD_LETTER_STATES]),
    reason: Type.String({ description: 'A stable code, that of the problem which HTTP would answer.' }),
    detail: Type.String(),
    errors: Type.Array(Type.Object({ field: Type.String(), message: Type.String() })),
    attempts: Type.Integer({ minimum: 1 }),
    arrivals: Type.Integer({ minimum: 1, description: 'How often the very same message has come.' }),
    size: Type.Integer({ minimum: 0, description: 'Bytes.' }),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    retryAt: Type.Optional(Timestamp),
    settledAt: Type.Optional(Timestamp),
    orderId: Type.Optional(Type.String({ description: 'The order that came of replaying it.' })),
    note: Type.Optional(Type.String()),
  },
  closed,
);
export type DeadLetterSummary = Static<typeof DeadLetterSummary>;

/** With the message itself: as text where it is UTF-8, else in base 64. */
export const DeadLetterView = Type.Object(
  {
    ...DeadLetterSummary.properties,
    contentType: Type.Optional(Type.String()),
    attributes: Type.Record(Type.String(), Type.String()),
    body: Type.Optional(Type.String()),
    bodyBase64: Type.Optional(Type.String()),
  },
  closed,
);
export type DeadLetterView = Static<typeof DeadLetterView>;

/** What is to be put right before the message is taken in again; absent: as it was. */
export const ReplayRequest = Type.Object(
  {
    id: Type.Optional(MessageId),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    data: Type.Optional(Type.Unknown({ description: 'What is asked for: for `order.place` an order body.' })),
  },
  closed,
);
export type ReplayRequest = Static<typeof ReplayRequest>;

/** Which dead letters are meant; each member narrows it. */
export const deadLetterFilter = {
  source: Type.Optional(Type.Enum([...BROKERS])),
  reason: Type.Optional(Type.String({ pattern: '^[a-z_]{1,50}$' })),
  type: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
} as const;

/** Many at once: the oldest first, up to a hundred a call. */
export const SettleManyRequest = Type.Object(
  {
    ...deadLetterFilter,
    ids: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 }),
    ),
    cursor: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]{1,512}$', description: 'The `nextCursor` of the call before.' }),
    ),
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
  },
  closed,
);
export type SettleManyRequest = Static<typeof SettleManyRequest>;

export const SettleManyResult = Type.Object(
  {
    settled: Type.Array(Type.String(), { description: 'Ids of those that are done with.' }),
    failed: Type.Array(
      Type.Object({ deadLetterId: Type.String(), reason: Type.String(), detail: Type.String() }, closed),
      { description: 'Those that still wait, and why.' },
    ),
    nextCursor: Type.Optional(Type.String({ description: 'Absent when all have been gone through.' })),
  },
  closed,
);
export type SettleManyResult = Static<typeof SettleManyResult>;

export const DiscardRequest = Type.Object(
  { note: Type.Optional(Type.String({ minLength: 1, maxLength: 500, description: 'Why; it is kept.' })) },
  closed,
);
export type DiscardRequest = Static<typeof DiscardRequest>;
