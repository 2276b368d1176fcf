import type { BatchItem } from '../../contracts/http/batches.ts';

const COLUMNS: readonly (keyof BatchItem)[] = [
  'number',
  'orderId',
  'outcome',
  'reason',
  'detail',
  'status',
  'step',
  'moneyOut',
  'moneyIn',
  'currency',
  'mails',
  'settledAt',
];

/** The orders of a batch as CSV (RFC 4180) with a head. Amounts are in minor units. */
export const batchItemsCsv = (items: readonly BatchItem[]): string =>
  [COLUMNS.join(','), ...items.map((item) => COLUMNS.map((name) => cellOf(item[name])).join(','))]
    .map((line) => `${line}\r\n`)
    .join('');

/** A spreadsheet would run a text that begins like a formula. */
function cellOf(value: string | number | undefined): string {
  const text = String(value ?? '').replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
