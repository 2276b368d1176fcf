import type { Actor } from '../../contracts/actor.ts';
import type { SequenceFilter, SequenceReset, StockSyncRow } from '../../contracts/http/stock-sync.ts';
import { callFunction, type Pool } from './pool.ts';

/** A row with its location. `asOf` is a time that PostgreSQL can read. */
export type LocatedRow = StockSyncRow & { location: string };

/** Why a row was not applied. */
export type RowReason =
  | 'unknown_sku'
  | 'unknown_location'
  | 'old_sequence'
  | 'counted_later'
  | 'already_counted'
  | 'too_old'
  | 'other_quantity'
  | 'not_there';

/** What became of a row. The counts are those after it, absent for an unknown item or location. */
export interface RowOutcome {
  sku: string;
  location: string;
  status: 'applied' | 'stale' | 'conflict' | 'error';
  reason?: RowReason;
  onHand?: number;
  available?: number;
  oversold?: number;
  /** The newest sequence of the source that was applied before this row. */
  lastSequence?: number;
  /** When the pieces were counted last, before this row. ISO 8601. */
  countedAt?: string;
}

export interface AppliedRows {
  /** One for each row, in their order. */
  results: RowOutcome[];
  /** The paid orders of which more or less is short now. */
  orders: string[];
}

/** What other systems report about stock, and which of their reports were applied. */
export interface StockCounts {
  /** Applies rows in their order, in one transaction, for whoever has sent them. Safe to repeat: a row that was applied is `stale`. */
  apply(rows: readonly LocatedRow[], actor?: Actor): Promise<AppliedRows>;
  resetSequences(filter: SequenceFilter): Promise<SequenceReset>;
}

export const createStockCounts = (pool: Pool): StockCounts => ({
  apply: (rows, actor) =>
    callFunction(
      pool,
      'apply_stock_counts',
      // The first row speaks for all: there may be hundreds.
      rows.map((row, index) => (index === 0 && actor ? { ...row, actor } : row)),
    ),
  resetSequences: (filter) => callFunction(pool, 'reset_stock_sequence', filter),
});
