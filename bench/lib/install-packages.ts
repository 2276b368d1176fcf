import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npmCi } from '../../harness/npm-ci.ts';
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
  const failure = await npmCi(folder);
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
