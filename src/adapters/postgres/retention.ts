import { callFunction, type Pool } from './pool.ts';

/** What is deleted when it is old and settled. The names of the tables. */
export const RETENTION_KINDS = [
  'dead_letters',
  'audits',
  'order_claims',
  'webhook_deliveries',
  'stock_alerts',
  'stock_subscriptions',
  'board_sessions',
  'batches',
] as const;
export type RetentionKind = (typeof RETENTION_KINDS)[number];

export interface RetentionRequest {
  /** The most rows of one batch. */
  limit: number;
  /** The pause between two runs of a kind. Milliseconds. */
  everyMs: number;
  /** How long rows are kept after they were settled. Milliseconds. */
  kinds: { kind: RetentionKind; keepMs: number }[];
}

/** One batch. `more`: the run continues with another batch. */
export interface DeletedBatch {
  kind: RetentionKind;
  deleted: number;
  more: boolean;
}

/**
 * Deletes one batch of old rows, in one transaction. Safe to call from several processes at once: one of them deletes rows of a kind.
 *
 * @returns `undefined` if no run is due
 */
export type DeleteExpired = (request: RetentionRequest) => Promise<DeletedBatch | undefined>;

export const createDeleteExpired =
  (pool: Pool): DeleteExpired =>
  async (request) =>
    (await callFunction<DeletedBatch | null>(pool, 'delete_expired', request)) ?? undefined;
