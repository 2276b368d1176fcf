import type { WebhookAttempt } from '../../contracts/ports/webhook-attempt.ts';
import type {
  WebhookDeliveryState,
  WebhookEndpointState,
  WebhookFailure,
} from '../../contracts/http/webhooks.ts';
import type { OutboxEvent } from '../../contracts/ports/event-destination.ts';
import { toOutboxEvent, type OutboxRow } from './event-outbox.ts';

export interface WebhookDelivery {
  deliveryId: string;
  endpointId: string;
  orderId: string;
  sequence: number;
  type: string;
  state: WebhookDeliveryState;
  reason?: WebhookFailure;
  attempts: number;
  createdAt: Date;
  nextAttemptAt?: Date;
  settledAt?: Date;
}

/** A delivery with everything that is needed to send it. */
export interface SendableDelivery extends WebhookDelivery {
  event: OutboxEvent;
  /** When the delivery became pending, the last time if it was sent again. */
  since: Date;
  /** How many attempts were made before `since`. */
  triedBefore: number;
  url: string;
  endpointState: WebhookEndpointState;
  /** Newest first. The request is signed with each of them. */
  secrets: string[];
}

/** What a delivery becomes by an attempt. */
export type WebhookOutcome =
  | { state: 'delivered' }
  | { state: 'pending'; retryInMs: number }
  | { state: 'failed'; reason: WebhookFailure };

/** A position in a list of deliveries. */
export interface WebhookDeliveryCursor {
  createdAt: string;
  deliveryId: string;
}

export const COLUMNS = `delivery_id, endpoint_id, order_id, sequence, type, state, reason, attempts, created_at, next_attempt_at,
  settled_at`;
/** The columns of the delivery `d`. */
export const D_COLUMNS = COLUMNS.replaceAll(/\w+/g, 'd.$&');

export interface DeliveryRow {
  delivery_id: string;
  endpoint_id: string;
  order_id: string;
  sequence: number;
  type: string;
  state: WebhookDeliveryState;
  reason: WebhookFailure | null;
  attempts: number;
  created_at: Date;
  next_attempt_at: Date | null;
  settled_at: Date | null;
}

export interface SendableRow
  extends DeliveryRow, Pick<OutboxRow, 'tx' | 'position' | 'data' | 'occurred_at' | 'actor'> {
  since: Date;
  tried_before: number;
  url: string;
  endpoint_state: WebhookEndpointState;
  secrets: string[];
}

export interface AttemptRow {
  attempt: number;
  started_at: Date;
  duration_ms: number;
  headers: Record<string, string>;
  status: number | null;
  answer: string | null;
  error: string | null;
}

export const toDelivery = (row: DeliveryRow): WebhookDelivery => ({
  deliveryId: row.delivery_id,
  endpointId: row.endpoint_id,
  orderId: row.order_id,
  sequence: row.sequence,
  type: row.type,
  state: row.state,
  ...(row.reason !== null && { reason: row.reason }),
  attempts: row.attempts,
  createdAt: row.created_at,
  ...(row.next_attempt_at !== null && { nextAttemptAt: row.next_attempt_at }),
  ...(row.settled_at !== null && { settledAt: row.settled_at }),
});

export const toSendable = (row: SendableRow): SendableDelivery => ({
  ...toDelivery(row),
  event: toOutboxEvent(row),
  since: row.since,
  triedBefore: row.tried_before,
  url: row.url,
  endpointState: row.endpoint_state,
  secrets: row.secrets,
});

export const toAttempt = (row: AttemptRow): WebhookAttempt & { attempt: number } => ({
  attempt: row.attempt,
  startedAt: row.started_at,
  durationMs: row.duration_ms,
  headers: row.headers,
  ...(row.status !== null && { status: row.status }),
  ...(row.answer !== null && { answer: row.answer }),
  ...(row.error !== null && { error: row.error }),
});
