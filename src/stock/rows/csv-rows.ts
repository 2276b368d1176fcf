import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { Problem, type FieldError } from '../../contracts/errors.ts';
import { StockSyncRow } from '../../contracts/http/stock-sync.ts';
import { fieldPath } from '../../validation/field-path.ts';
import { invalidRequest } from '../../validation/schema-check.ts';
import { MAX_ROW_LENGTH, type RawRow } from './raw-row.ts';

const COLUMNS = Object.keys(StockSyncRow.properties);
const REQUIRED: readonly string[] = StockSyncRow.required;
const NUMBERS = new Set(['quantity', 'sequence', 'compareQuantity']);

/** No more digits than a safe integer has. Other text stays text, which the schema refuses. */
const INTEGER = /^[+-]?\d{1,16}$/;

/**
 * Reads comma-separated values (RFC 4180). The first record names the columns, in any order. An empty value is an absent one.
 *
 * @throws {Problem} `invalid_request` if the columns are not those of a row, or where the quotes of a record do not match
 */
export async function* readCsvRows(texts: AsyncIterable<string>): AsyncGenerator<RawRow> {
  const parser = parse({
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_LENGTH,
  });
  // An error of the texts reaches the loop below through the parser, which the pipeline destroys with it.
  const fed = pipeline(Readable.from(texts), parser).catch(() => undefined);
  let columns: string[] | undefined;
  let row = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (columns === undefined) {
        columns = checkedColumns(record);
        continue;
      }
      row += 1;
      yield toRow(row, record, columns);
    }
  } catch (error) {
    throw error instanceof CsvError
      ? csvProblem(error, columns === undefined ? 'the header' : `row ${row + 1}`)
      : error;
  } finally {
    await fed;
  }
  if (columns === undefined) throw invalidRequest([{ field: 'body', message: 'has no CSV header' }]);
}

function checkedColumns(record: string[]): string[] {
  const errors: FieldError[] = [
    ...record
      .filter((name) => !COLUMNS.includes(name))
      .map((name) => ({
        field: fieldPath([name], 'header'),
        message: `is not a column: the columns are ${COLUMNS.join(', ')}`,
      })),
    ...record
      .filter((name, index) => record.indexOf(name) !== index)
      .map((name) => ({ field: fieldPath([name], 'header'), message: 'is a column more than once' })),
    ...REQUIRED.filter((name) => !record.includes(name)).map((name) => ({
      field: name,
      message: 'is required as a column of the CSV header',
    })),
  ];
  if (errors.length > 0) throw invalidRequest(errors);
  return record;
}

function toRow(row: number, record: string[], columns: readonly string[]): RawRow {
  if (record.length !== columns.length) {
    const message = `has ${record.length} values, and the header ${columns.length} columns`;
    return { row, problem: invalidRequest([{ field: 'row', message }]) };
  }
  const values = columns.flatMap((name, index) => {
    const text = record[index] ?? '';
    if (text === '') return [];
    return [[name, NUMBERS.has(name) && INTEGER.test(text) ? Number(text) : text] as const];
  });
  return { row, value: Object.fromEntries(values) };
}

/** The message of the parser's error repeats the body. */
function csvProblem({ code }: CsvError, place: string): Problem {
  const message =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `is longer than ${MAX_ROW_LENGTH} characters`
      : 'has a quote that does not open or close a value';
  return new Problem('invalid_request', `The CSV cannot be read any further: ${place} ${message}.`, {
    errors: [{ field: place, message }],
  });
}
