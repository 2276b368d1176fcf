import type { Context } from '../support/context.ts';
import { writeJsonLine } from '../output/terminal.ts';
import { Screen } from '../watch/screen.ts';
import { jsonOf } from './json.ts';
import { readKeys } from './keys.ts';
import { drawTop } from './picture.ts';
import type { Shown } from './shown.ts';
import { readSituation } from './source.ts';

/** Ages go on without new figures. Milliseconds. */
const REDRAW_INTERVAL_MS = 1_000;

/** Shows how the shop is until the signal, `q` or Ctrl-C. The terminal is left as it was, also after an error. */
export async function showLive(context: Context, signal: AbortSignal): Promise<void> {
  const { api, json, terminal } = context;
  if (json)
    return readSituation(api, signal, (shown) => {
      writeJsonLine(terminal.stdout, jsonOf(shown));
    });

  const { stdout, stdin } = terminal;
  const quitting = new AbortController();
  let screen: Screen | undefined;
  let latest: Shown | undefined;
  const draw = () => {
    if (latest === undefined) return;
    screen ??= new Screen(stdout);
    const size = { columns: stdout.columns ?? 80, rows: screen.rows - 1 };
    screen.draw(drawTop(stdout, latest, size, Date.now(), 'q quits'));
  };
  const timer = setInterval(draw, REDRAW_INTERVAL_MS);
  const releaseKeys = readKeys(stdin, () => {
    quitting.abort();
  });
  stdout.on('resize', draw);
  try {
    await readSituation(api, AbortSignal.any([signal, quitting.signal]), (shown) => {
      latest = shown;
      draw();
    });
  } finally {
    stdout.off('resize', draw);
    clearInterval(timer);
    releaseKeys();
    screen?.close();
  }
}
