import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../dev/tools/cache-folder.ts';
import { MissingError } from '../dev/tools/missing-error.ts';

const run = promisify(execFile);

/** A program of Debian's package `prometheus`: the one that checks rules, or the server. */
export type PrometheusProgram = 'promtool' | 'prometheus';

/**
 * The path of a program of Prometheus: the one on the PATH, or in the project's cache. Otherwise it is taken out of Debian's package, which
 * is not installed, since that would start a server.
 *
 * @throws {MissingError} if there is none
 */
export async function prometheusProgram(program: PrometheusProgram, dataDir: string): Promise<string> {
  const onPath = await run(program, ['--version']).then(
    () => true,
    () => false,
  );
  if (onPath) return program;
  const cache = cacheFolder(dataDir);
  const path = join(cache, program);
  if (existsSync(path)) return path;
  const folder = mkdtempSync(join(cache, '.fetch-'));
  try {
    await download(folder);
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get has downloaded no package');
    await run('dpkg-deb', ['--extract', archive, 'package'], { cwd: folder });
    renameSync(join(folder, 'package/usr/bin', program), path);
    return path;
  } catch (error) {
    throw new MissingError(`${program}: apt-get install prometheus`, undefined, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The lists of packages may be older than the package, or missing: then they are updated, where this process is root. */
async function download(folder: string): Promise<void> {
  // The user of apt has no access to a private folder; what is downloaded is checked before.
  const options = ['-o', 'APT::Sandbox::User=root'];
  try {
    await run('apt-get', [...options, 'download', 'prometheus'], { cwd: folder });
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update']);
    await run('apt-get', [...options, 'download', 'prometheus'], { cwd: folder });
  }
}
