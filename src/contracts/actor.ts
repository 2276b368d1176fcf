/**
 * Who can cause something: a client with its API key or a message, an operator in a session of the board, the payment provider, a carrier,
 * or this service itself (its workflows, timers and schedules).
 */
export const ACTOR_TYPES = ['client', 'operator', 'provider', 'carrier', 'system'] as const;
export type ActorType = (typeof ACTOR_TYPES)[number];

/** Who has caused an event, a movement of stock or an operation. It holds no data of customers. */
export interface Actor {
  type: ActorType;
  /** Of a client, and of an operator: the id of the client whose key it is. */
  id?: string;
  /** Of an operator: the session, as the log names it. It does not leave this system. */
  sessionId?: string;
  /** Of a person, where the sign-in says who it is. */
  name?: string;
  /** The batch that the operator has started, and that has done this. */
  batchId?: string;
}

/** What a command says of who gives it. Absent: the client of the command, by its key or a message. */
export interface GivenBy {
  actor?: Actor;
}

export const clientActor = (clientId: string): Actor => ({ type: 'client', id: clientId });

/** Who has given a command. */
export const giverOf = ({ clientId, actor }: GivenBy & { clientId: string }): Actor =>
  actor ?? clientActor(clientId);
