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
  const { records, write, end } = createParser();
  let columns: string[] | undefined;
  let row = 0;

  function* takeRows(): Generator<RawRow> {
    for (const record of records.splice(0)) {
      if (columns === undefined) columns = checkedColumns(record);
      else yield toRow((row += 1), record, columns);
    }
  }

  function stopAt(error: Error | undefined): void {
    if (error === undefined) return;
    throw error instanceof CsvError ? csvProblem(error, columns ? `row ${row + 1}` : 'the header') : error;
  }

  for await (const text of texts) {
    const error = await write(text);
    yield* takeRows();
    stopAt(error);
  }
  const error = await end();
  yield* takeRows();
  stopAt(error);
  if (columns === undefined) throw invalidRequest([{ field: 'body', message: 'has no CSV header' }]);
}

interface RecordParser {
  /** The records of what was written so far. The reader empties it. */
  records: string[][];
  /** Resolves with the {@link CsvError} of a text that is no CSV; `records` has those before it. */
  write: (text: string) => Promise<Error | undefined>;
  end: () => Promise<Error | undefined>;
}

/** The stream of the parser drops the records before an error that nobody has read yet, so that none are left in it. */
function createParser(): RecordParser {
  const records: string[][] = [];
  const parser = parse({
    bom: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_LENGTH,
    on_record(record: string[]) {
      records.push(record);
      return undefined;
    },
  });
  // The callbacks get the same error.
  parser.on('error', () => undefined);
  const run = (start: (done: (error?: Error | null) => void) => void): Promise<Error | undefined> =>
    new Promise((resolve) => {
      start((error) => {
        resolve(error ?? undefined);
      });
    });
  return {
    records,
    write: (text) => run((done) => parser.write(text, done)),
    end: () => run((done) => parser.end(done)),
  };
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
