import { readCsvRows } from './csv-rows.ts';
import { decodeText } from './decode-text.ts';
import { readJsonRows } from './json-rows.ts';
import { readNdjsonRows } from './ndjson-rows.ts';
import type { RawRow } from './raw-row.ts';
import type { RowFormat } from './row-formats.ts';

const READERS: Readonly<Record<RowFormat, (texts: AsyncIterable<string>) => AsyncGenerator<RawRow>>> = {
  json: readJsonRows,
  ndjson: readNdjsonRows,
  csv: readCsvRows,
};

/**
 * Reads the rows of a report one by one; it holds no more than one chunk of the bytes.
 *
 * @throws {Problem} where the bytes cannot be read any further. A bad row is a row with a problem.
 */
export const readRows = (
  chunks: AsyncIterable<Uint8Array>,
  format: RowFormat,
  maxBytes?: number,
): AsyncGenerator<RawRow> => READERS[format](decodeText(chunks, maxBytes));
