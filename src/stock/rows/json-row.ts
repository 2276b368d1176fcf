import { Problem } from '../../contracts/errors.ts';
import { parseJsonDocument } from '../../validation/json-document.ts';
import { MAX_ROW_LENGTH, type RawRow } from './raw-row.ts';

/** The members of a row. Each has a pattern of its own, and an SKU or a sequence may look like a card number. */
const MEMBERS = new Set([
  'source',
  'location',
  'sku',
  'kind',
  'quantity',
  'sequence',
  'asOf',
  'compareQuantity',
]);

export function readJsonRow(row: number, text: string): RawRow {
  try {
    return { row, value: parseJsonDocument(text, MEMBERS) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { row, problem: error };
  }
}

/** @throws {Problem} if the text, which may not be complete yet, is longer than a row can be */
export function requireRowLength(row: number, length: number): void {
  if (length <= MAX_ROW_LENGTH) return;
  throw new Problem(
    'invalid_request',
    `Row ${row} is longer than ${MAX_ROW_LENGTH} characters. It and the rows after it were not read.`,
    { errors: [{ field: 'body', message: `has a row of more than ${MAX_ROW_LENGTH} characters` }] },
  );
}
