import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../dev/tools/cache-folder.ts';
import { MissingError } from '../dev/tools/missing-error.ts';
import { extractPackages } from './debian-packages.ts';

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
    await extractPackages(join(folder, 'package'), () => ['prometheus']);
    renameSync(join(folder, 'package/usr/bin', program), path);
    return path;
  } catch (error) {
    throw new MissingError(`${program}: apt-get install prometheus`, undefined, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
