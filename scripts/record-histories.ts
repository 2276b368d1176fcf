/**
 * Plays every story of an order for real and writes its history to `test/replay/histories`, from which the replay test proves that
 * the workflow code of tomorrow can still go on with the orders of today. Run by hand, for outcomes that have no file yet:
 *
 *   tsx scripts/record-histories.ts [outcome …]
 *
 * It never overwrites: a history that no longer replays tells of running orders that would break, and recording it anew would
 * hide that. See docs/guides on how to change a workflow safely.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { installTemporalRuntime } from '../src/platform/temporal.ts';
import { historyToJson, type History } from '../src/workers/history-json.ts';
import { stopAll, testLogger } from '../harness/servers/test-servers.ts';
import { openRecordingStage } from '../test/support/recording-stage.ts';
import { RECORDINGS } from '../test/support/recordings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.env['HISTORIES_DIR'] ?? join(root, 'test/replay/histories');
const fileOf = (outcome: string): string => join(folder, `${outcome}.json`);

const asked = process.argv.slice(2);
const outcomes = asked.length > 0 ? asked : Object.keys(RECORDINGS);
const unknown = outcomes.filter((outcome) => !Object.hasOwn(RECORDINGS, outcome));
const recorded = outcomes.filter((outcome) => existsSync(fileOf(outcome)));
if (unknown.length > 0) {
  console.error(
    `There is no such story: ${unknown.join(', ')}. The stories: ${Object.keys(RECORDINGS).join(', ')}.`,
  );
  process.exit(1);
}
if (asked.length > 0 && recorded.length > 0) {
  console.error(`Recorded already, and never to be overwritten: ${recorded.join(', ')}.`);
  process.exit(1);
}

installTemporalRuntime(testLogger.child({}, { level: 'error' }));
const stage = await openRecordingStage();
try {
  await mkdir(folder, { recursive: true });
  for (const outcome of outcomes) {
    if (recorded.includes(outcome)) {
      console.log(`  kept      ${outcome}`);
      continue;
    }
    const history = await RECORDINGS[outcome]?.(stage);
    if (history) await write(fileOf(outcome), history);
    console.log(`  recorded  ${outcome} (${history?.events?.length ?? 0} events)`);
  }
} finally {
  await stage.close();
  await stopAll();
}

/** `wx`: fails if the file is there after all. Stack traces are kept without the place of this checkout. */
async function write(file: string, history: History): Promise<void> {
  const text = historyToJson(history).replaceAll(root, '');
  const options = await resolveConfig(file);
  await writeFile(file, await format(text, { ...options, parser: 'json' }), { flag: 'wx' });
}
