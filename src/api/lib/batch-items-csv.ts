import type { BatchItem } from '../../contracts/http/batches.ts';
import { csvRow } from './csv.ts';

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

/** The orders of a batch as CSV with a head. Amounts are in minor units. */
export const batchItemsCsv = (items: readonly BatchItem[]): string =>
  [COLUMNS, ...items.map((item) => COLUMNS.map((name) => item[name]))].map(csvRow).join('');
