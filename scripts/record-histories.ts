/**
 * Runs workflows on a real Temporal server, PostgreSQL and the sandbox, and writes their histories to
 * `test/replay/histories`. The replay test proves with them that changed workflow code can continue the workflows that
 * present code has started. Run it by hand after adding a recording:
 *
 *   tsx scripts/record-histories.ts [recording …]
 *
 * It records only what has no file yet, and lists each new file in the manifest `test/replay/histories.sha256`. A history
 * that no longer replays stands for running orders that would break; to record it again would hide that
 * (docs/guides/change-a-workflow-safely.md).
 */
import { existsSync, realpathSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { installTemporalRuntime } from '../src/platform/temporal.ts';
import { historyToJson, type History } from '../src/workers/history-json.ts';
import { stopAll, testLogger } from '../harness/servers/test-servers.ts';
import { hashOf, HISTORIES_DIR, MANIFEST_FILE, manifestLine } from '../test/support/history-manifest.ts';
import { RECORDINGS } from '../test/support/recordings/index.ts';
import { openRecordingStage } from '../test/support/recordings/stage.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where stack traces have the packages, which may be linked from another folder. */
const packagesRoot = join(dirname(realpathSync(join(root, 'node_modules'))), '/');
const fileOf = (name: string): string => join(HISTORIES_DIR, `${name}.json`);

const requested = process.argv.slice(2);
const names = requested.length > 0 ? requested : Object.keys(RECORDINGS);
const unknown = names.filter((name) => !Object.hasOwn(RECORDINGS, name));
const recorded = names.filter((name) => existsSync(fileOf(name)));
if (unknown.length > 0) {
  console.error(
    `There is no recording ${unknown.join(', ')}. Choose from ${Object.keys(RECORDINGS).join(', ')}.`,
  );
  process.exit(1);
}
if (requested.length > 0 && recorded.length > 0) {
  console.error(
    `${recorded.join(', ')} is recorded already, and a history is never recorded again. Choose another name.`,
  );
  process.exit(1);
}

installTemporalRuntime(testLogger.child({}, { level: 'error' }));
const stage = await openRecordingStage();
try {
  await mkdir(HISTORIES_DIR, { recursive: true });
  for (const name of names) {
    if (recorded.includes(name)) {
      console.log(`  kept      ${name}`);
      continue;
    }
    const history = await RECORDINGS[name]?.(stage);
    if (history) await write(name, history);
    console.log(`  recorded  ${name} (${history?.events?.length ?? 0} events)`);
  }
} finally {
  await stage.close();
  await stopAll();
}

/** Fails if the file exists (`wx`). Stack traces are kept without absolute paths. */
async function write(name: string, history: History): Promise<void> {
  const file = fileOf(name);
  const options = await resolveConfig(file);
  const json = historyToJson(history).replaceAll(root, '').replaceAll(packagesRoot, '');
  const text = await format(json, { ...options, parser: 'json' });
  await writeFile(file, text, { flag: 'wx' });
  await appendFile(MANIFEST_FILE, manifestLine(`${name}.json`, hashOf(text)));
}
