import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { canEnter, type OsUser, unprivilegedUser } from '../processes/os-user.ts';
import { nameFor, sharedPlace } from './shared-place.ts';

export interface PostgresPlace {
  /** PostgreSQL's data directory, there only once complete; its parent folder belongs to `user` too. */
  readonly cluster: string;
  /** Where a cluster is made before it is moved to its place. */
  readonly unfinished: string;
  /** Always in the data folder that was asked for, wherever the cluster is. */
  readonly passwordFile: string;
  readonly logFile: string;
  readonly user: OsUser | undefined;
  /** Whether the cluster is in the data folder that was asked for. */
  readonly asAsked: boolean;
}

/**
 * Decides where the cluster lives and whom it belongs to: in `dataDir`, unless we are root and its user cannot get there, as
 * below a home of mode 700. Then it is in a place outside any home, named after `dataDir`.
 */
export function placeFor(dataDir: string): PostgresPlace {
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const home = realpathSync(dataDir); // the server's command line shows it, which identifies it later
  const user = unprivilegedUser(join(home, 'cluster'));
  if (user === undefined || canEnter(home, user)) return place(home, home, user);

  const elsewhere = join(sharedPlace(), nameFor(home));
  mkdirSync(elsewhere, { recursive: true });
  chmodSync(elsewhere, 0o711); // whatever the umask: that user passes through
  return place(elsewhere, home, unprivilegedUser(join(elsewhere, 'cluster')));
}

function place(folder: string, home: string, user: OsUser | undefined): PostgresPlace {
  return {
    cluster: join(folder, 'cluster'),
    unfinished: join(folder, 'cluster.unfinished'),
    passwordFile: join(home, 'password'),
    logFile: join(home, 'postgres.log'),
    user,
    asAsked: folder === home,
  };
}
