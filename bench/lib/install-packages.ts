import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killOnExit } from '../../dev/processes/kill-on-exit.ts';
import type { Log } from './progress.ts';

const BENCH = fileURLToPath(new URL('..', import.meta.url));

/** The packages of the benchmark are not installed, and npm cannot install them. Its message is one line. */
export class PackagesMissing extends Error {
  override readonly name = 'PackagesMissing';
}

/**
 * Installs the packages of `bench/package.json`, unless they are installed already as its lock says. Safe to run twice.
 * @throws {PackagesMissing}
 */
export async function installPackages(log: Log, folder = BENCH): Promise<void> {
  if (isInstalled(folder)) return;
  log('installing the packages of bench/package.json: about 250 MB on disk, half a minute');
  const failure = await runNpm(folder);
  if (failure !== undefined)
    throw new PackagesMissing(
      `npm cannot install the packages of bench/package.json (${failure}). Run again with a connection to the npm registry, or ` +
        'measure without them: npm run bench -- --only grouped,ungrouped,plain,none',
    );
}

/** npm writes the list of what it has installed last, so an interrupted installation has none. */
function isInstalled(folder: string): boolean {
  const installed = statSync(join(folder, 'node_modules/.package-lock.json'), { throwIfNoEntry: false });
  return installed !== undefined && installed.mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
}

/** @returns undefined, or the reason of a failure in one line */
function runNpm(folder: string): Promise<string | undefined> {
  const args = [
    'ci',
    '--no-progress',
    '--loglevel=error',
    '--fetch-retries=1',
    '--fetch-retry-mintimeout=1000',
  ];
  // The npm that runs this script, which need not be the one on the PATH.
  const cli = process.env['npm_execpath'];
  const [command, ...first] = cli === undefined ? ['npm'] : [process.execPath, cli];
  const npm = spawn(command, [...first, ...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  killOnExit(npm, 'SIGKILL');
  let errors = '';
  npm.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  return new Promise((resolve) => {
    npm.once('error', (error) => {
      resolve(error.message);
    });
    npm.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : reasonOf(errors, signal ?? `status ${String(code)}`));
    });
  });
}

/** npm prints the code of an error first, then its text in several lines. */
function reasonOf(errors: string, ended: string): string {
  const lines = errors.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  return (
    lines.find((line) => line !== '' && !/^(code|syscall|errno) /.test(line)) ?? `npm ended with ${ended}`
  );
}
