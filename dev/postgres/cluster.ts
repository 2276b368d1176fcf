import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../../src/platform/logging.ts';
import { endsWithUs } from '../processes/live-children.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { PostgresPlace } from './place.ts';
import { keptSecret, readIfThere } from '../private-file.ts';

const run = promisify(execFile);

/** The major version whose files the programs read. */
const majorVersion = '18';

/**
 * Makes the cluster unless it is there, and returns the password of its superuser `postgres`. It is made beside its place
 * and moved there when complete, so one that was interrupted is made anew.
 * No server may be running on it.
 * @throws where the cluster is of another major version, or the system does not let it be made
 */
export async function ensureCluster(
  place: PostgresPlace,
  binaries: PostgresBinaries,
  logger: Logger,
): Promise<string> {
  rmSync(place.unfinished, { recursive: true, force: true });
  setAsideUnusable(place, logger);
  const password = keptSecret(place.passwordFile);
  if (!existsSync(place.cluster)) await createCluster(place, binaries, password);
  return password;
}

async function createCluster(
  place: PostgresPlace,
  { initdb }: PostgresBinaries,
  password: string,
): Promise<void> {
  mkdirSync(place.unfinished, { mode: 0o700 });
  chmodSync(place.unfinished, 0o700);
  const cluster = join(place.unfinished, 'cluster');
  const passwordFile = join(place.unfinished, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (place.user !== undefined)
    for (const path of [place.unfinished, passwordFile]) chownSync(path, place.user.uid, place.user.gid);
  const initialising = run(
    initdb,
    [
      `--pgdata=${cluster}`,
      `--pwfile=${passwordFile}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--data-checksums',
    ],
    { ...place.user, cwd: place.unfinished, env: postgresEnvironment() },
  );
  endsWithUs(initialising.child, 'SIGKILL');
  await initialising;
  renameSync(cluster, place.cluster);
  rmSync(place.unfinished, { recursive: true, force: true });
}

/** Ours without what would steer PostgreSQL's programs elsewhere (PGDATA, PGPORT …). */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(own), LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * A cluster without its control file was never complete. One whose password is gone belonged to a data folder that was deleted to
 * start afresh, while the cluster itself was outside (see `placeFor`): it is kept under another name.
 */
function setAsideUnusable(place: PostgresPlace, logger: Logger): void {
  if (!existsSync(place.cluster)) return;
  const version = readIfThere(join(place.cluster, 'PG_VERSION'))?.trim();
  if (version === undefined || !existsSync(join(place.cluster, 'global', 'pg_control'))) {
    moveAside(place, 'is not complete', logger);
  } else if (readIfThere(place.passwordFile) === undefined) {
    moveAside(place, 'has lost its password', logger);
  } else if (version !== majorVersion) {
    throw new Error(
      `${place.cluster} holds data of PostgreSQL ${version}, and this is ${majorVersion}: dump and restore it, or move it away.`,
    );
  }
}

function moveAside(place: PostgresPlace, why: string, logger: Logger): void {
  const aside = `${place.cluster}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  renameSync(place.cluster, aside);
  logger.warn(
    `the PostgreSQL data in ${place.cluster} ${why}: moved to ${aside}, starting with an empty one`,
  );
}
