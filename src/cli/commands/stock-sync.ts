import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import type { SequenceFilter, StockSyncResult, SyncCounts } from '../../contracts/http/stock-sync.ts';
import { counted } from '../../domain/counted.ts';
import { MAX_SYNC_ROWS } from '../../contracts/stock-sync-limits.ts';
import { ROW_FORMATS, type RowFormat } from '../../stock/rows/row-formats.ts';
import { showProgress } from '../load/progress.ts';
import { drawPairs } from '../output/table.ts';
import { paint, writeJson, writeJsonLine, writeLine, type Terminal } from '../output/terminal.ts';
import { contextOf } from '../support/context.ts';
import { CliError } from '../support/errors.ts';
import { wholeNumber } from '../support/options.ts';

const FORMAT_OF_EXTENSION: Readonly<Record<string, RowFormat>> = {
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.csv': 'csv',
};

/** Small enough that the progress moves. */
const DEFAULT_BATCH_ROWS = 2_000;
/** After this many, rows that were not applied are counted and not shown. */
const MAX_SHOWN_ROWS = 50;

interface SyncFlags {
  format?: RowFormat;
  batch: number;
}

/** Adds `stock sync <file>` and `stock reset-sequence`. */
export function addSync(stock: Command, terminal: Terminal): void {
  stock
    .command('sync')
    .description('report the stock of a file: counts, what can be sold, arrivals')
    .argument('<file>', 'a CSV file with a header, an NDJSON file, or a JSON file')
    .addOption(
      new Option('--format <format>', 'the format of the file (default: by its name)').choices(ROW_FORMATS),
    )
    .option(
      '--batch <rows>',
      `how many rows a request has, at most ${MAX_SYNC_ROWS}`,
      wholeNumber(1),
      DEFAULT_BATCH_ROWS,
    )
    .action(async (file: string, flags: SyncFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const counts = await syncFile(file, flags, api, json, terminal);
      if (!json) writeLine(terminal.stdout, drawCounts(terminal, counts));
      const failed = counts.error + counts.conflict;
      if (failed > 0)
        throw new CliError(
          'rows_not_applied',
          `Not applied: ${counted(failed, 'row')} of ${file}. Correct what is wrong, and send the file again.`,
        );
    });

  stock
    .command('reset-sequence')
    .description('forget which rows of a source were applied, so that it can count from 1 again')
    .option('--source <source>', 'the source (default: the sequence of stock put, which needs --sku)')
    .option('--location <location>', 'only at this location')
    .option('--sku <sku>', 'only of this item')
    .action(async (filter: SequenceFilter, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const result = await api.resetStockSequences(filter);
      if (json) writeJson(terminal.stdout, result);
      else
        writeLine(
          terminal.stdout,
          `Reset: ${counted(result.reset, 'sequence')} of ${filter.source ?? filter.sku ?? ''}.`,
        );
    });
}

/** Sends the rows in requests of `batch` rows, one after the other, and shows the results. */
async function syncFile(
  file: string,
  { format = formatOf(file), batch }: SyncFlags,
  api: ApiClient,
  json: boolean,
  terminal: Terminal,
): Promise<SyncCounts> {
  const { readRows } = await import('../../stock/rows/read-rows.ts');
  const counts: SyncCounts = { applied: 0, stale: 0, conflict: 0, error: 0 };
  const progress = showProgress(terminal.stderr, Infinity, 'rows');
  let rows: { row: number; text: string }[] = [];
  let notApplied = 0;

  function show(result: StockSyncResult): void {
    counts[result.status] += 1;
    progress.update(counts.applied + counts.stale + counts.conflict + counts.error);
    if (json) writeJsonLine(terminal.stdout, result);
    else if (result.status === 'error' || result.status === 'conflict') {
      notApplied += 1;
      if (notApplied <= MAX_SHOWN_ROWS) writeLine(terminal.stdout, drawRow(terminal, result));
    }
  }

  async function send(): Promise<void> {
    const results = api.syncStock(rows.map(({ text }) => `${text}\n`).join(''));
    // The API counts the rows of each request from 1.
    for await (const result of results) show({ ...result, row: rows[result.row - 1]?.row ?? result.row });
    rows = [];
  }

  try {
    for await (const { row, value, problem } of readRows(createReadStream(file), format)) {
      if (problem) show({ row, status: 'error', message: problem.message, errors: problem.errors });
      else rows.push({ row, text: JSON.stringify(value) });
      if (rows.length === Math.min(batch, MAX_SYNC_ROWS)) await send();
    }
    if (rows.length > 0) await send();
  } catch (error) {
    throw await toCliError(error, file, counts);
  } finally {
    progress.stop();
  }
  return counts;
}

function formatOf(file: string): RowFormat {
  const format = FORMAT_OF_EXTENSION[extname(file).toLowerCase()];
  if (format === undefined)
    throw new CliError(
      'unknown_format',
      `The name of ${file} does not say its format. Give it with --format: ${ROW_FORMATS.join(', ')}.`,
    );
  return format;
}

async function toCliError(error: unknown, file: string, { applied }: SyncCounts): Promise<unknown> {
  const { Problem } = await import('../../contracts/errors.ts');
  if (error instanceof Problem)
    return new CliError(
      'invalid_file',
      `${file} cannot be read any further: ${error.message} Applied: ${counted(applied, 'row')}.`,
    );
  if (error instanceof Error && 'syscall' in error && 'code' in error && 'path' in error)
    return new CliError('unreadable_file', `${file} cannot be read (${String(error.code)}).`);
  return error;
}

const drawRow = (
  { stdout }: Terminal,
  { row, sku = '', location = '', status, message = '' }: StockSyncResult,
): string =>
  [`row ${row}`, sku, location, paint(stdout, 'red', status), message]
    .filter((text) => text !== '')
    .join('  ');

const drawCounts = ({ stdout }: Terminal, counts: SyncCounts): string =>
  drawPairs(
    stdout,
    Object.entries(counts).map(([status, count]) => [status, String(count)] as const),
  );
