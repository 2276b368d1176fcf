import { Type } from 'typebox';
import { ACTOR_TYPES, type Actor } from '../actor.ts';

const closed = { additionalProperties: false } as const;

/** Schema of {@link Actor}. */
export const ActorView = Type.Unsafe<Actor>(
  Type.Object(
    {
      type: Type.Enum([...ACTOR_TYPES], {
        title: 'ActorType',
        description:
          '`client`: an API key or a message. `operator`: who is signed in at the board. `provider`: the payment provider, or somebody there. `carrier`: the carrier of a parcel. `system`: this service itself.',
      }),
      id: Type.Optional(
        Type.String({ description: 'The id of the client, or of the client whose key the operator has.' }),
      ),
      sessionId: Type.Optional(Type.String({ description: "The operator's session, as in the log." })),
      name: Type.Optional(Type.String({ description: 'The name of the operator, where it is known.' })),
      batchId: Type.Optional(Type.String({ description: 'The batch by which the operator has asked.' })),
    },
    {
      ...closed,
      title: 'Actor',
      description:
        'Who has caused an event or asked for an operation. Of what can be changed several times: the last change. Absent: before release 0.3, or nobody has.',
    },
  ),
);
