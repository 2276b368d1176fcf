import type { FieldError } from '../../contracts/errors.ts';
import { DEFAULT_LOCATION } from '../../contracts/http/locations.ts';
import { StockSyncRow } from '../../contracts/http/stock-sync.ts';
import { reportedTime } from '../../validation/reported-time.ts';
import { fieldErrors, schemaCompiler } from '../../validation/schema-check.ts';

/** A row that is valid against its schema, with its location, and with `asOf` in UTC. */
export type CheckedRow = StockSyncRow & { location: string };

/** Bounds the size of a result, since the results of a request are held until the client reads them. */
const MAX_ROW_ERRORS = 5;

const validate = schemaCompiler({ coerceTypes: false }).compile<StockSyncRow>(StockSyncRow);

/** Returns the row, or what is wrong with which of its fields. */
export function checkRow(value: unknown, now = Date.now()): CheckedRow | FieldError[] {
  if (!validate(value)) return fieldErrors(validate.errors ?? [], 'row').slice(0, MAX_ROW_ERRORS);
  const { kind, quantity, asOf, location = DEFAULT_LOCATION } = value;
  const errors: FieldError[] = [];
  if (kind !== 'delta' && quantity < 0)
    errors.push({ field: 'quantity', message: 'must be >= 0: only a delta may be negative' });
  const counted = asOf === undefined ? undefined : reportedTime(asOf, now);
  if (counted && 'message' in counted) return [...errors, { field: 'asOf', ...counted }];
  if (errors.length > 0) return errors;
  return { ...value, location, ...(counted && { asOf: counted.time }) };
}
