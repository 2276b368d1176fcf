import type { Actor, GivenBy } from '../../contracts/actor.ts';
import type { FieldError } from '../../contracts/errors.ts';
import type { DeadLetterState } from '../../contracts/http/dead-letters.ts';
import type { BrokerName } from '../../contracts/broker-names.ts';
import type { InboundMessage } from '../../contracts/ports/broker.ts';

/** A message whose command could not be executed, and why. */
export interface DeadLetter {
  deadLetterId: string;
  message: InboundMessage;
  messageId?: string;
  type?: string;
  state: DeadLetterState;
  reason: string;
  detail: string;
  errors: FieldError[];
  attempts: number;
  /** How often the broker has delivered the message. */
  arrivals: number;
  /** Of the body, in bytes. */
  size: number;
  firstSeenAt: Date;
  lastSeenAt: Date;
  retryAt?: Date;
  settledAt?: Date;
  orderId?: string;
  note?: string;
  /** Who has replayed or discarded it. */
  actor?: Actor;
}

export interface NewDeadLetter {
  deadLetterId: string;
  message: InboundMessage;
  messageId?: string;
  type?: string;
  reason: string;
  detail: string;
  errors: FieldError[];
  attempts: number;
  /** Milliseconds until the next retry; absent if the dead letter waits for an operator. */
  retryInMs?: number;
  /** The order that does not exist yet and that the message cancels as a whole, see `cancellationsOf`. */
  orderId?: string;
}

export interface DeadLetterFilter {
  state?: DeadLetterState;
  source?: BrokerName;
  reason?: string;
  type?: string;
  ids?: string[];
}

/** A position in a list of dead letters. */
export interface DeadLetterCursor {
  /** ISO 8601 with microseconds, as `place` of a {@link ListedDeadLetter}. */
  firstSeenAt: string;
  deadLetterId: string;
}

export interface PageOfDeadLetters {
  order: 'newest' | 'oldest';
  limit: number;
  after?: DeadLetterCursor;
}

/** A dead letter in a list, with the `firstSeenAt` of its cursor. `message.body` is empty. */
export type ListedDeadLetter = DeadLetter & { place: string };

/**
 * Bytes. Brokers refuse larger messages than their limit, Kafka by default more than 1 MiB, and a batch of such bodies must fit into memory.
 */
export const MAX_PUBLISHED_BODY_BYTES = 256 * 1024;

/** A dead letter to publish. `message.body` is empty if it is larger than {@link MAX_PUBLISHED_BODY_BYTES}; then its hash is given. */
export type UnpublishedDeadLetter = DeadLetter & { omittedBodySha256?: string };

/** Why a command could not be executed. */
export interface Failure {
  reason: string;
  detail: string;
  errors: FieldError[];
}

export type Settlement = GivenBy &
  ({ state: 'replayed'; orderId?: string } | { state: 'discarded'; note?: string });

export interface DeadLetterRow {
  dead_letter_id: string;
  source: BrokerName;
  position: string;
  message_id: string | null;
  type: string | null;
  content_type: string | null;
  attributes: Record<string, string>;
  body?: Buffer;
  size: number;
  state: DeadLetterState;
  reason: string;
  detail: string;
  errors: FieldError[];
  attempts: number;
  arrivals: number;
  first_seen_at: Date;
  last_seen_at: Date;
  retry_at: Date | null;
  settled_at: Date | null;
  order_id: string | null;
  note: string | null;
  actor: Actor | null;
}

export const SUMMARY_COLUMNS = `dead_letter_id, source, position, message_id, type, content_type, attributes, length(body) as size, state,
  reason, detail, errors, attempts, arrivals, first_seen_at, last_seen_at, retry_at, settled_at, order_id, note, actor`;
export const COLUMNS = `${SUMMARY_COLUMNS}, body`;
export const PUBLISHED_COLUMNS = `${SUMMARY_COLUMNS},
  case when length(body) <= ${MAX_PUBLISHED_BODY_BYTES} then body else ''::bytea end as body,
  case when length(body) > ${MAX_PUBLISHED_BODY_BYTES} then encode(sha256(body), 'hex') end as body_sha256`;

export function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const idAndType = {
    ...(row.message_id !== null && { messageId: row.message_id }),
    ...(row.type !== null && { type: row.type }),
  };
  return {
    deadLetterId: row.dead_letter_id,
    message: {
      source: row.source,
      position: row.position,
      body: row.body ?? Buffer.alloc(0),
      attributes: row.attributes,
      ...(row.content_type !== null && { contentType: row.content_type }),
      ...(row.message_id !== null && { id: row.message_id }),
      ...(row.type !== null && { type: row.type }),
    },
    ...idAndType,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    errors: row.errors,
    attempts: row.attempts,
    arrivals: row.arrivals,
    size: row.size,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    ...(row.retry_at !== null && { retryAt: row.retry_at }),
    ...(row.settled_at !== null && { settledAt: row.settled_at }),
    ...(row.order_id !== null && { orderId: row.order_id }),
    ...(row.note !== null && { note: row.note }),
    ...(row.actor && { actor: row.actor }),
  };
}
