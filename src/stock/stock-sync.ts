import type { LocatedRow, RowOutcome, StockCounts } from '../adapters/postgres/stock-counts.ts';
import type { Actor } from '../contracts/actor.ts';
import { Problem, type FieldError } from '../contracts/errors.ts';
import {
  MAX_SYNC_ROWS,
  type SequenceFilter,
  type SequenceReset,
  type StockSyncResult,
  type StockSyncRow,
} from '../contracts/http/stock-sync.ts';
import { isTimeout, outageProblem } from '../orders/lib/outage.ts';
import type { Logger } from '../platform/logging.ts';
import { checkRow } from './rows/check-row.ts';
import type { RawRow } from './rows/raw-row.ts';

/** Applies what other systems report about stock. */
export interface StockSync {
  /**
   * Applies the rows as they are read, {@link CHUNK_ROWS} in a transaction, and yields one result for each, in their order. Safe to repeat:
   * a row that was applied is `stale`. Where the rows cannot be read any further, the last result says so.
   *
   * @throws {Problem} before the first result: the problem of the rows if none can be read; `unavailable` if PostgreSQL cannot be reached
   */
  sync(rows: AsyncIterable<RawRow>, actor?: Actor): AsyncGenerator<StockSyncResult, void>;
  /**
   * Applies rows that fit their schema, in one transaction. Safe to repeat.
   *
   * @throws {Problem} `unavailable` if PostgreSQL cannot be reached
   */
  apply(rows: readonly StockSyncRow[], actor?: Actor): Promise<StockSyncResult[]>;
  resetSequences(filter: SequenceFilter): Promise<SequenceReset>;
}

export interface StockSyncParts {
  counts: StockCounts;
  /**
   * Called for each paid order of which more or less is short now, after the change is committed. A failure is logged: whoever ships the
   * order reads its reservations from time to time.
   */
  onShortChanged: (orderId: string) => Promise<void>;
  logger: Pick<Logger, 'error' | 'warn'>;
}

/** As many as one transaction applies in well under a second: orders of the same items wait for it. */
export const CHUNK_ROWS = 500;

export function createStockSync({ counts, onShortChanged, logger }: StockSyncParts): StockSync {
  async function applyChecked(rows: readonly CheckedLine[], actor?: Actor): Promise<StockSyncResult[]> {
    const { results, orders } = await counts.apply(
      rows.map(({ checked }) => checked),
      actor,
    );
    for (const orderId of orders) await report(orderId);
    return rows.map(({ row, checked }, index) => resultOf(row, checked, results[index]));
  }

  async function report(orderId: string): Promise<void> {
    try {
      await onShortChanged(orderId);
    } catch (error) {
      logger.warn(
        { orderId, cause: describe(error) },
        'stock sync could not wake the fulfilment of an order',
      );
    }
  }

  /** Applies the rows one by one, after an error that one of them may have caused. */
  async function applyEach(rows: readonly CheckedLine[], actor?: Actor): Promise<StockSyncResult[]> {
    const results: StockSyncResult[] = [];
    for (const line of rows) {
      try {
        results.push(...(await applyChecked([line], actor)));
      } catch (error) {
        const outage = outageProblem(error);
        if (outage) throw outage;
        logger.error(
          { row: line.row, sku: line.checked.sku, cause: describe(error) },
          'stock sync could not apply a row',
        );
        results.push(failed(line, 'The row was not applied for an unexpected reason, which is in the log.'));
      }
    }
    return results;
  }

  async function applyLines(lines: readonly Line[], actor?: Actor): Promise<StockSyncResult[]> {
    const rows = lines.filter(isChecked);
    const refused = lines.flatMap((line) => (isChecked(line) ? [] : [line.refused]));
    if (rows.length === 0) return refused;
    const applied = await applyChecked(rows, actor).catch((error: unknown) => {
      const outage = outageProblem(error);
      // One of many rows may be what takes too long.
      if (outage && !(isTimeout(error) && rows.length > 1)) throw outage;
      return applyEach(rows, actor);
    });
    return [...applied, ...refused].sort((one, other) => one.row - other.row);
  }

  async function* sync(rows: AsyncIterable<RawRow>, actor?: Actor): AsyncGenerator<StockSyncResult, void> {
    let yielded = false;
    let outage: Problem | undefined;

    async function* flush(lines: readonly Line[]): AsyncGenerator<StockSyncResult> {
      try {
        if (outage === undefined) {
          yield* await applyLines(lines, actor);
          yielded ||= lines.length > 0;
          return;
        }
      } catch (error) {
        if (!(error instanceof Problem) || !yielded) throw error;
        outage = error;
      }
      const { message } = outage;
      yield* lines.map((line) =>
        isChecked(line) ? failed(line, `${NOT_APPLIED} ${message}`) : line.refused,
      );
    }

    let chunk: Line[] = [];
    let last = 0;
    let broken: Problem | undefined;
    try {
      for await (const raw of rows) {
        if (raw.row > MAX_SYNC_ROWS) throw tooMany();
        last = raw.row;
        chunk.push(lineOf(raw));
        if (chunk.length < CHUNK_ROWS) continue;
        yield* flush(chunk);
        chunk = [];
      }
    } catch (error) {
      if (!(error instanceof Problem) || last === 0 || error.code === 'unavailable') throw error;
      broken = error;
    }
    yield* flush(chunk);
    if (broken) yield refusal(last + 1, broken);
  }

  return {
    sync,
    async apply(rows, actor) {
      const lines = rows.map((value, index) => lineOf({ row: index + 1, value }));
      return applyLines(lines, actor);
    },
    resetSequences: (filter) => counts.resetSequences(filter),
  };
}

interface CheckedLine {
  row: number;
  checked: LocatedRow;
}
type Line = CheckedLine | { row: number; refused: StockSyncResult };

const isChecked = (line: Line): line is CheckedLine => 'checked' in line;

function lineOf({ row, value, problem }: RawRow): Line {
  if (problem) return { row, refused: refusal(row, problem) };
  const checked = checkRow(value);
  if (!Array.isArray(checked)) return { row, checked };
  return { row, refused: { row, ...namesOf(value), status: 'error', ...textOf(checked) } };
}

const refusal = (row: number, { message, errors }: Problem): StockSyncResult => ({
  row,
  status: 'error',
  message,
  ...(errors.length > 0 && { errors }),
});

const NOT_APPLIED = 'The row was not applied. Send it again.';

const failed = ({ row, checked: { sku, location } }: CheckedLine, message: string): StockSyncResult => ({
  row,
  sku,
  location,
  status: 'error',
  message,
});

const tooMany = (): Problem =>
  new Problem(
    'invalid_request',
    `A request takes ${MAX_SYNC_ROWS} rows. This row and those after it were not read: send them in another request.`,
  );

/** The SKU and the location of a row that is not valid, where they are text of a usual length. */
function namesOf(value: unknown): { sku?: string; location?: string } {
  if (typeof value !== 'object' || value === null) return {};
  const { sku, location } = value as { sku?: unknown; location?: unknown };
  return { ...(isName(sku) && { sku }), ...(isName(location) && { location }) };
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value);

const textOf = (errors: FieldError[]): { message: string; errors: FieldError[] } => ({
  message: `${errors.map(({ field, message }) => `${field} ${message}`).join(', ')}.`,
  errors,
});

function resultOf(row: number, asked: LocatedRow, outcome: RowOutcome | undefined): StockSyncResult {
  if (outcome === undefined) throw new Error('apply_stock_counts returned fewer results than rows.');
  const { sku, location, status, onHand, available, oversold } = outcome;
  return {
    row,
    sku,
    location,
    status,
    ...(onHand !== undefined && { onHand }),
    ...(available !== undefined && { available }),
    ...(oversold !== undefined && { oversold }),
    ...explanationOf(asked, outcome),
  };
}

function explanationOf(
  asked: LocatedRow,
  { reason, lastSequence = 0, countedAt = '', onHand = 0, available = 0 }: RowOutcome,
): { message?: string; errors?: FieldError[] } {
  const { source, sku, location, kind, sequence, quantity, compareQuantity = 0, asOf = '' } = asked;
  if (reason === undefined) return {};
  switch (reason) {
    case 'unknown_sku':
      return {
        message: `There is no item ${sku}. Create it with PUT /v1/stock/${sku} first.`,
        errors: [{ field: 'sku', message: 'is not in the catalogue' }],
      };
    case 'unknown_location':
      return {
        message: `There is no location ${location}. Create it with PUT /v1/locations/${location} first.`,
        errors: [{ field: 'location', message: 'does not exist' }],
      };
    case 'old_sequence':
      return {
        message: `Sequence ${lastSequence} of ${source} was applied before this one, ${sequence}. If ${lastSequence} was a mistake, reset it with DELETE /v1/stock/sequences.`,
      };
    case 'counted_later':
      return { message: `A count of ${countedAt} was applied, which is later than ${asOf}.` };
    case 'already_counted':
      return { message: `The count of ${countedAt} has these pieces, which moved at ${asOf}.` };
    case 'too_old':
      return {
        message: `A ${kind} quantity of ${asOf} is too old. Send a newer one.`,
        errors: [{ field: 'asOf', message: 'must not be more than 31 days ago' }],
      };
    case 'other_quantity': {
      const [name, present] = kind === 'sellable' ? ['available', available] : ['onHand', onHand];
      return {
        message: `${name} is ${present}, and compareQuantity ${compareQuantity}. Read the stock, and send the row again.`,
      };
    }
    case 'not_there':
      return {
        message: `The row takes ${-quantity}, and onHand is ${onHand}. Send a physical count.`,
        errors: [{ field: 'quantity', message: `must be >= ${-onHand}` }],
      };
  }
}

/** PostgreSQL's messages repeat values of the row, so that only the names in its errors are logged. */
const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}${'code' in error ? ` ${String(error.code)}` : ''}` : typeof error;
