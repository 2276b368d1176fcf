import { chmodSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { canEnter, type OsUser, unprivilegedUser } from '../processes/os-user.ts';
import { folderNameFor, sharedFolder } from './shared-folder.ts';

export interface ClusterLocation {
  /** PostgreSQL's data directory. It exists only when it is complete. */
  readonly cluster: string;
  /** Where the cluster is created before it is renamed. */
  readonly unfinished: string;
  /** Always in the requested data folder, wherever the cluster is. */
  readonly passwordFile: string;
  readonly logFile: string;
  /** The owner of the cluster; undefined: the user of this process. */
  readonly user: OsUser | undefined;
  /** Whether the cluster is in the requested data folder. */
  readonly inDataDir: boolean;
}

/**
 * Returns where the cluster is and which user owns it. It is in `dataDir`, unless this process runs as root and the owner of the
 * cluster cannot enter that folder, for example below a home folder of mode 700. Then it is in a shared folder outside of any home,
 * under a name derived from `dataDir`.
 */
export function locateCluster(dataDir: string): ClusterLocation {
  mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const home = realpathSync(dataDir); // leftover servers are recognised by this path in their command line
  const user = unprivilegedUser(join(home, 'cluster'));
  if (user === undefined || canEnter(home, user)) return location(home, home, user);

  const shared = join(sharedFolder(), folderNameFor(home));
  mkdirSync(shared, { recursive: true });
  chmodSync(shared, 0o711); // independent of the umask: the user must be able to pass through
  return location(shared, home, unprivilegedUser(join(shared, 'cluster')));
}

function location(folder: string, home: string, user: OsUser | undefined): ClusterLocation {
  return {
    cluster: join(folder, 'cluster'),
    unfinished: join(folder, 'cluster.unfinished'),
    passwordFile: join(home, 'password'),
    logFile: join(home, 'postgres.log'),
    user,
    inDataDir: folder === home,
  };
}
