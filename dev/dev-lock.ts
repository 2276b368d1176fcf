import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../src/platform/logging.ts';
import { launcherOf } from './launcher.ts';
import { parseJson } from './files/json.ts';
import { readIfExists, writePrivateFile } from './files/private-file.ts';
import { endProcess, isAlive, startTimeOf } from './processes/process-table.ts';
import { StartError } from './processes/start-error.ts';

/** The process that holds the lock of a data folder. The pid alone does not identify it: the system reuses pids. */
interface Owner {
  readonly pid: number;
  /** See `startTimeOf`. */
  readonly start: string;
  readonly launcher: number;
  /** The URL of its API, also while it starts. */
  readonly url: string;
}

/**
 * Locks the data folder for this process: two runs on the same data would destroy it. A lock is taken over when its owner has
 * ended. It is also taken over when the process that started its owner was killed; then the owner is stopped first.
 *
 * @returns a function that releases the lock
 * @throws {StartError} while another run uses the data folder
 */
export async function lockDataDir(dataDir: string, url: string, logger: Logger): Promise<() => void> {
  const lock = join(dataDir, 'dev.lock');
  const candidate = `${lock}.${process.pid}`;
  const content = JSON.stringify({
    pid: process.pid,
    start: startTimeOf(process.pid) ?? '',
    launcher: launcherOf(process.pid) ?? 0,
    url,
  } satisfies Owner);
  writePrivateFile(candidate, content);
  try {
    while (!tryLink(candidate, lock)) {
      const found = readIfExists(lock);
      if (found === undefined) continue;
      await stopAbandonedOwner(found, logger);
      removeStaleLock(lock, found);
    }
  } finally {
    rmSync(candidate, { force: true });
  }
  return () => {
    if (readIfExists(lock) === content) rmSync(lock, { force: true });
  };
}

/** A link appears atomically with its complete content, which a written file does not. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Resolves when the owner of the lock does not run. */
async function stopAbandonedOwner(content: string, logger: Logger): Promise<void> {
  const owner = parse(content);
  if (owner === undefined || !isAlive(owner.pid) || startTimeOf(owner.pid) !== owner.start) return;
  if (launcherOf(owner.pid) === owner.launcher)
    throw new StartError(
      `durable-checkout already runs at ${owner.url} (pid ${owner.pid}). Stop it, or set CHECKOUT_DATA_DIR and the ports to run a second copy.`,
    );
  logger.info(`npm start stops an earlier run (pid ${owner.pid}) whose parent was killed`);
  const ended = await endProcess(owner.pid, [
    { signal: 'SIGTERM', waitMs: 12_000 },
    { signal: 'SIGKILL', waitMs: 2000 },
  ]);
  if (!ended)
    throw new StartError(
      `An earlier run (pid ${owner.pid}) still uses ${owner.url} and does not stop. Stop it with: kill -9 ${owner.pid}`,
    );
}

/** Removes the lock if its content is still `seen`: another process may have taken it over meanwhile. */
function removeStaleLock(lock: string, seen: string): void {
  const staleLock = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, staleLock);
  } catch {
    return; // its owner or another process has removed it already
  }
  if (readIfExists(staleLock) !== seen) tryLink(staleLock, lock);
  rmSync(staleLock, { force: true });
}

function parse(content: string): Owner | undefined {
  const value = parseJson(content);
  return isOwner(value) ? value : undefined;
}

function isOwner(value: unknown): value is Owner {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'start' in value &&
    typeof value.start === 'string' &&
    'launcher' in value &&
    typeof value.launcher === 'number' &&
    'url' in value &&
    typeof value.url === 'string'
  );
}
