import type { Actor } from './actor.ts';
import type { ProblemCode } from './errors.ts';

/** What a batch can do with each of its orders. Each is one operation of the API. */
export const BATCH_ACTIONS = [
  'retry',
  'skip',
  'resolve',
  'approve',
  'reject',
  'cancel',
  'refund',
  'capture',
] as const;
export type BatchAction = (typeof BATCH_ACTIONS)[number];

/** The scope that the operation of an action needs. A batch needs it in addition to `batches:write`. */
export const SCOPE_OF_ACTION = {
  retry: 'orders:repair',
  skip: 'orders:repair',
  resolve: 'orders:repair',
  approve: 'orders:review',
  reject: 'orders:review',
  cancel: 'orders:write',
  refund: 'payments:write',
  capture: 'payments:write',
} as const satisfies Record<BatchAction, string>;

/** `planned`: the dry run is made, and nothing was done. `stopping`: the orders in progress are ended, and no other is begun. */
export const BATCH_STATES = ['planned', 'running', 'stopping', 'stopped', 'done'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

/** `pending`: would go, or is still to come. `running`: begun. The others are results. */
export const BATCH_OUTCOMES = ['pending', 'running', 'done', 'failed', 'left_out'] as const;
export type BatchOutcome = (typeof BATCH_OUTCOMES)[number];
export type BatchResult = Extract<BatchOutcome, 'done' | 'failed' | 'left_out'>;

/** Why a batch has stopped. `workflow_ended`: somebody has ended its workflow in Temporal. */
export const STOP_CAUSES = ['operator', 'failures', 'workflow_ended'] as const;
export type StopCause = (typeof STOP_CAUSES)[number];

/** A query that matches more orders is refused. */
export const MAX_BATCH_ORDERS = 10_000;
/** Orders that are listed one by one: a request has at most 64 KiB. */
export const MAX_LISTED_ORDERS = 1_000;
/** So many orders at a time, */
export const MAX_CONCURRENT_ITEMS = 4;
/** and so many a second at most, so that a batch does not take the machine from the customers. */
export const BATCH_ORDERS_PER_SECOND = 10;
/** After so many failures in a row a batch stops by itself: what fails for five orders fails for all. */
export const MAX_FAILURES_IN_ROW = 5;
/** How many orders an activity of the workflow takes. */
export const BATCH_PAGE_SIZE = 50;

/** What to type before a batch is started. */
export const confirmationOf = (action: BatchAction, wouldGo: number): string => `${action} ${wouldGo}`;

/** Who has started a batch. Its operations on orders are theirs. */
export interface BatchRequester {
  clientId: string;
  keyId: string;
  sessionId?: string;
}

/** The requester of a batch as the actor of what the batch does. */
export const requesterActor = ({ clientId: id, sessionId }: BatchRequester): Actor =>
  sessionId === undefined ? { type: 'client', id } : { type: 'operator', id, sessionId };

/** An order whose turn it is. */
export interface BatchTurn {
  batchId: string;
  orderId: string;
  clientId: string;
  action: BatchAction;
  /** The parked step that is retried, skipped or resolved, and the workflow that has parked it. */
  step?: string;
  workflowId?: string;
  /** How often the step had failed when the turn began. */
  attempts?: number;
  note: string;
  startedBy: BatchRequester;
}

/** What became of an order. `reason` is a stable code, `detail` its explanation without personal data. */
export interface BatchItemResult {
  outcome: BatchResult;
  reason?: string;
  detail?: string;
}

/** Problems that say that an order has changed since its turn began: it is left out. Every other problem is a failure. */
export const CHANGED_MEANWHILE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'no_attention_needed',
  'not_in_review',
  'too_late',
  'order_not_found',
]);
