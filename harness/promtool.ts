import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../dev/tools/cache-folder.ts';
import { MissingError } from '../dev/tools/missing-error.ts';
import { extractPackages } from './debian-packages.ts';

const run = promisify(execFile);
const NEEDS = 'promtool: apt-get install prometheus';

/**
 * The path of promtool, which checks rules of Prometheus: the one on the PATH, or in the project's cache. Otherwise it is taken out of
 * Debian's package, which is not installed, since that would start a server.
 *
 * @throws {MissingError} if there is none
 */
export async function promtoolPath(dataDir: string): Promise<string> {
  const onPath = await run('promtool', ['--version']).then(
    () => true,
    () => false,
  );
  if (onPath) return 'promtool';
  const cache = cacheFolder(dataDir);
  const path = join(cache, 'promtool');
  if (existsSync(path)) return path;
  const folder = mkdtempSync(join(cache, '.fetch-'));
  try {
    await extractPackages(join(folder, 'package'), () => ['prometheus']);
    renameSync(join(folder, 'package/usr/bin/promtool'), path);
    return path;
  } catch (error) {
    throw new MissingError(NEEDS, undefined, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
