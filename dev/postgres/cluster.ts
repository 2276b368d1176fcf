import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from '../../src/platform/logging.ts';
import { killOnExit } from '../processes/kill-on-exit.ts';
import type { PostgresBinaries } from './binaries.ts';
import type { ClusterLocation } from './cluster-location.ts';
import { readOrCreateSecret, readIfExists } from '../files/private-file.ts';

const run = promisify(execFile);

/** The major version of PostgreSQL's programs, which read only data of the same major version. */
const MAJOR_VERSION = '18';

/**
 * Creates the cluster if it does not exist, and returns the password of its superuser `postgres`. The cluster is created in another
 * folder and renamed when it is complete, so an interrupted creation is repeated. No server may run on the cluster.
 *
 * @throws {Error} if the cluster has another major version, or if `initdb` fails
 */
export async function ensureCluster(
  location: ClusterLocation,
  binaries: PostgresBinaries,
  logger: Logger,
): Promise<string> {
  rmSync(location.unfinished, { recursive: true, force: true });
  moveUnusableCluster(location, logger);
  const password = readOrCreateSecret(location.passwordFile);
  if (!existsSync(location.cluster)) await createCluster(location, binaries, password);
  return password;
}

async function createCluster(
  location: ClusterLocation,
  { initdb }: PostgresBinaries,
  password: string,
): Promise<void> {
  mkdirSync(location.unfinished, { mode: 0o700 });
  chmodSync(location.unfinished, 0o700);
  const cluster = join(location.unfinished, 'cluster');
  const passwordFile = join(location.unfinished, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (location.user !== undefined)
    for (const path of [location.unfinished, passwordFile])
      chownSync(path, location.user.uid, location.user.gid);
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
    { ...location.user, cwd: location.unfinished, env: postgresEnvironment() },
  );
  killOnExit(initialising.child, 'SIGKILL');
  await initialising;
  renameSync(cluster, location.cluster);
  rmSync(location.unfinished, { recursive: true, force: true });
}

/** Returns this process's environment without the variables that PostgreSQL's programs read (PGDATA, PGPORT …). */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(own), LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * Renames a cluster that cannot be used. A cluster without its control file was never complete. A cluster outside of the data folder
 * (see `locateCluster`) has lost its password when the data folder was deleted.
 *
 * @throws {Error} if the cluster has another major version
 */
function moveUnusableCluster(location: ClusterLocation, logger: Logger): void {
  if (!existsSync(location.cluster)) return;
  const version = readIfExists(join(location.cluster, 'PG_VERSION'))?.trim();
  if (version === undefined || !existsSync(join(location.cluster, 'global', 'pg_control'))) {
    renameCluster(location, 'is not complete', logger);
  } else if (readIfExists(location.passwordFile) === undefined) {
    renameCluster(location, 'has lost its password', logger);
  } else if (version !== MAJOR_VERSION) {
    throw new Error(
      `${location.cluster} has data of PostgreSQL ${version}, and this is PostgreSQL ${MAJOR_VERSION}. Dump and restore the data, or move the folder away.`,
    );
  }
}

function renameCluster(location: ClusterLocation, reason: string, logger: Logger): void {
  const renamed = `${location.cluster}.${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  renameSync(location.cluster, renamed);
  logger.warn(
    `npm start creates a new PostgreSQL cluster, because ${location.cluster} ${reason}; the old one is now ${renamed}`,
  );
}
