import { readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../src/platform/logging.ts';
import { readIfThere } from '../private-file.ts';
import { commandLineOf, endProcess, type EndStep, isAlive } from '../processes/process-table.ts';

/**
 * Stops a server that still runs on this cluster, left over when its parent was killed, and removes the lock file of one
 * that is gone. Signals only a process that provably is PostgreSQL on this cluster: the pid in the lock file of a machine that
 * crashed may by now be anybody's.
 * @throws where that server does not stop
 */
export async function stopLeftover(cluster: string, logger: Logger): Promise<void> {
  const lockFile = join(cluster, 'postmaster.pid');
  const pid = Number(readIfThere(lockFile)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (!isPostgresOn(cluster, pid)) {
    rmSync(lockFile, { force: true }); // PostgreSQL would take any process of that pid for its own
    return;
  }
  logger.info(`stopping a PostgreSQL (pid ${pid}) that an earlier run left behind`);
  if (!(await endProcess(pid, stopSteps)))
    throw new Error(
      `A PostgreSQL (pid ${pid}) runs on ${cluster} and does not stop: stop it, or set CHECKOUT_DATA_DIR.`,
    );
}

/**
 * Fast shutdown, which rolls back what is open and writes a checkpoint; then immediate, after which the next start recovers from
 * the log. Never SIGKILL: it would leave shared memory and the server's own children behind.
 */
export const stopSteps: readonly EndStep[] = [
  { signal: 'SIGINT', waitMs: 2000 },
  { signal: 'SIGQUIT', waitMs: 7000 },
];

function isPostgresOn(cluster: string, pid: number): boolean {
  if (!isAlive(pid)) return false;
  const commandLine = commandLineOf(pid) ?? '';
  if (!/postgres/.test(commandLine)) return false;
  return commandLine.includes(cluster) || workingFolderOf(pid) === cluster;
}

/** A server works in its data directory, however it was named when it was started. */
function workingFolderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
