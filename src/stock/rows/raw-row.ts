import type { Problem } from '../../contracts/errors.ts';

/** A row of a report as it was read, not checked yet. `row` is its position, from 1. */
export interface RawRow {
  readonly row: number;
  readonly value?: unknown;
  /** Why the row could not be read. */
  readonly problem?: Problem;
}

/** A row that is longer than this, in characters, ends the reading. */
export const MAX_ROW_LENGTH = 8_192;
