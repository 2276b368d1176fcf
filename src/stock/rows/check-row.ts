import type { FieldError } from '../../contracts/errors.ts';
import { DEFAULT_LOCATION } from '../../contracts/http/locations.ts';
import { StockSyncRow } from '../../contracts/http/stock-sync.ts';
import { fieldErrors, schemaCompiler } from '../../validation/schema-check.ts';

/** A row that is valid against its schema, with its location, and with `asOf` in UTC. */
export type CheckedRow = StockSyncRow & { location: string };

/** Bounds the size of a result, since the results of a request are held until the client reads them. */
const MAX_ROW_ERRORS = 5;
/** Clocks of other systems may be ahead of ours by this much. Milliseconds. */
const MAX_CLOCK_SKEW_MS = 300_000;
const FIRST_YEAR = 2000;

const validate = schemaCompiler({ coerceTypes: false }).compile<StockSyncRow>(StockSyncRow);

/** Returns the row, or what is wrong with which of its fields. */
export function checkRow(value: unknown, now = Date.now()): CheckedRow | FieldError[] {
  if (!validate(value)) return fieldErrors(validate.errors ?? [], 'row').slice(0, MAX_ROW_ERRORS);
  const { kind, quantity, asOf, location = DEFAULT_LOCATION } = value;
  const errors: FieldError[] = [];
  if (kind !== 'delta' && quantity < 0)
    errors.push({ field: 'quantity', message: 'must be >= 0: only a delta may be negative' });
  const time = asOf === undefined ? undefined : Date.parse(asOf);
  if (time !== undefined && !(time >= Date.UTC(FIRST_YEAR)))
    errors.push({ field: 'asOf', message: `must be a time in or after the year ${FIRST_YEAR}` });
  else if (time !== undefined && time > now + MAX_CLOCK_SKEW_MS)
    errors.push({ field: 'asOf', message: 'must not be in the future' });
  if (errors.length > 0) return errors;
  return { ...value, location, ...(time !== undefined && { asOf: new Date(time).toISOString() }) };
}
