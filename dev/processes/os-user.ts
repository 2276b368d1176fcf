import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** The operating system user that a program runs as; undefined: the user of this process. */
export interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Returns the user that runs PostgreSQL if this process runs as root, because PostgreSQL refuses to run as root: the owner of the
 * existing data, else the user `postgres`, which is created if it is missing, else `nobody`. Returns undefined for any other user.
 *
 * @throws {Error} if there is no such user
 */
export function unprivilegedUser(existingData: string): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return ownerOf(existingData) ?? lookUp('postgres') ?? lookUp('_postgres') ?? create('postgres') ?? nobody();
}

/** Whether the user can enter the folder. Tries it, because file modes alone do not decide it (access control lists, mounts). */
export function canEnter(folder: string, user: OsUser | undefined): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' }).status === 0
  );
}

function ownerOf(path: string): OsUser | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined || found.uid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}

function lookUp(name: string): OsUser | undefined {
  try {
    return { uid: numericId('-u', name), gid: numericId('-g', name) };
  } catch {
    return undefined;
  }
}

function numericId(kind: '-u' | '-g', name: string): number {
  return Number(execFileSync('id', [kind, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
}

function create(name: string): OsUser | undefined {
  const shadow = ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name];
  const busybox = ['-S', '-D', '-H', '-s', '/sbin/nologin', name];
  spawnSync('useradd', shadow, { stdio: 'ignore' });
  if (lookUp(name) === undefined) spawnSync('adduser', busybox, { stdio: 'ignore' });
  return lookUp(name);
}

function nobody(): OsUser {
  const found = lookUp('nobody');
  if (found === undefined)
    throw new Error(
      'PostgreSQL does not run as root, and there is no other user. Set DATABASE_URL to use a PostgreSQL server elsewhere.',
    );
  return found;
}
