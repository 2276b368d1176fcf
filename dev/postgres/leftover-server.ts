import { readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../src/platform/logging.ts';
import { readIfExists } from '../files/private-file.ts';
import { commandLineOf, endProcess, type EndStep, isAlive } from '../processes/process-table.ts';

/**
 * Stops a server that still runs on this cluster because its parent was killed, and removes the lock file of a server that does
 * not run any more. Signals a process only if its command line or working directory shows that it is PostgreSQL on this cluster:
 * after a crash of the machine the pid in the lock file may belong to another process.
 *
 * @throws {Error} if the server does not stop
 */
export async function stopLeftoverServer(cluster: string, logger: Logger): Promise<void> {
  const lockFile = join(cluster, 'postmaster.pid');
  const pid = Number(readIfExists(lockFile)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (!isPostgresOn(cluster, pid)) {
    rmSync(lockFile, { force: true }); // PostgreSQL would take any process with that pid for a running server
    return;
  }
  logger.info(`npm start stops the PostgreSQL server of an earlier run (pid ${pid})`);
  if (!(await endProcess(pid, STOP_STEPS)))
    throw new Error(
      `A PostgreSQL server (pid ${pid}) runs on ${cluster} and does not stop. Stop it, or set CHECKOUT_DATA_DIR to another folder.`,
    );
}

/**
 * A fast shutdown, which rolls back open transactions and writes a checkpoint; then an immediate shutdown, after which the next start
 * recovers from the write-ahead log. SIGKILL would leave shared memory and the server's child processes behind.
 */
export const STOP_STEPS: readonly EndStep[] = [
  { signal: 'SIGINT', waitMs: 2000 },
  { signal: 'SIGQUIT', waitMs: 7000 },
];

function isPostgresOn(cluster: string, pid: number): boolean {
  if (!isAlive(pid)) return false;
  const commandLine = commandLineOf(pid) ?? '';
  if (!/postgres/.test(commandLine)) return false;
  return commandLine.includes(cluster) || workingFolderOf(pid) === cluster;
}

/** The working directory of a PostgreSQL server is its data directory, whatever its command line says. */
function workingFolderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
