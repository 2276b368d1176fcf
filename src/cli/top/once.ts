import type { Context } from '../support/context.ts';
import { CliError } from '../support/errors.ts';
import { writeJson, writeLine } from '../output/terminal.ts';
import { isOver } from '../../../harness/pause.ts';
import { jsonOf } from './json.ts';
import { drawTop } from './picture.ts';
import type { Shown } from './shown.ts';
import { readSituation } from './source.ts';

/** How long the server may take for the first figures. Milliseconds. */
const FIRST_FIGURES_MS = 15_000;
/** Where the output is no terminal. */
const DEFAULT_SIZE = { columns: 80, rows: 40 };

/** Prints how the shop is, once. @throws {CliError} `no_figures` if the server sends none in time */
export async function showOnce(
  context: Context,
  signal: AbortSignal,
  limitMs = FIRST_FIGURES_MS,
): Promise<void> {
  const shown = await firstOf(context, signal, limitMs);
  if (shown === undefined) return; // Ctrl-C
  const { stdout } = context.terminal;
  if (context.json) writeJson(stdout, jsonOf(shown));
  else {
    const { columns = DEFAULT_SIZE.columns, rows = DEFAULT_SIZE.rows } = stdout;
    writeLine(stdout, drawTop(stdout, shown, { columns, rows }, Date.now()));
  }
}

async function firstOf({ api }: Context, signal: AbortSignal, limitMs: number): Promise<Shown | undefined> {
  const ending = new AbortController();
  const limit = AbortSignal.timeout(limitMs);
  let first: Shown | undefined;
  await readSituation(api, AbortSignal.any([signal, limit, ending.signal]), (shown) => {
    if (shown.rates.length === 0) return;
    first ??= shown;
    ending.abort();
  });
  if (first === undefined && !isOver(signal))
    throw new CliError('no_figures', `The server has sent no figures for ${limitMs / 1_000} s.`);
  return first;
}
