import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../src/platform/logging.ts';
import { launcherOf } from './launcher.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';
import { endProcess, isAlive, startOf } from './processes/process-table.ts';
import { StartError } from './processes/start-error.ts';

/** Who holds a data folder. The pid alone would not do: it may be a stranger's by now. */
interface Owner {
  readonly pid: number;
  readonly start: string;
  readonly launcher: number;
  /** Where its API is, or will be. */
  readonly url: string;
}

/**
 * Makes the data folder this process's alone; a second one on the same data would destroy it. A lock whose owner is gone, or
 * whose owner nobody looks after any more since the one who started it was killed, is taken over; such an owner is stopped.
 * @returns gives the folder back
 * @throws {StartError} while another one works on it
 */
export async function lockDataDir(dataDir: string, url: string, logger: Logger): Promise<() => void> {
  const lock = join(dataDir, 'dev.lock');
  const mine = `${lock}.${process.pid}`;
  const content = JSON.stringify({
    pid: process.pid,
    start: startOf(process.pid) ?? '',
    launcher: launcherOf(process.pid) ?? 0,
    url,
  } satisfies Owner);
  writePrivateFile(mine, content);
  try {
    while (!tryLink(mine, lock)) {
      const found = readIfThere(lock);
      if (found === undefined) continue;
      await removeStale(found, logger);
      discard(lock, found);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    if (readIfThere(lock) === content) rmSync(lock, { force: true });
  };
}

/** A link, unlike a write, is there at once with its content, or not at all. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Returns when the owner no longer runs. */
async function removeStale(content: string, logger: Logger): Promise<void> {
  const owner = parse(content);
  if (owner === undefined || !isAlive(owner.pid) || startOf(owner.pid) !== owner.start) return;
  if (launcherOf(owner.pid) === owner.launcher)
    throw new StartError(
      `Already running (pid ${owner.pid}) at ${owner.url}: stop it, or set CHECKOUT_DATA_DIR and the ports to run a second one.`,
    );
  logger.info(`taking over from a run (pid ${owner.pid}) whose parent was killed`);
  const ended = await endProcess(owner.pid, [
    { signal: 'SIGTERM', waitMs: 12_000 },
    { signal: 'SIGKILL', waitMs: 2000 },
  ]);
  if (!ended)
    throw new StartError(
      `An abandoned run (pid ${owner.pid}) holds ${owner.url} and does not stop: stop it.`,
    );
}

/** Removes the lock if it is still the one that was looked at: another process may have taken it over meanwhile. */
function discard(lock: string, seen: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // its owner, or another process, was faster
  }
  if (readIfThere(aside) !== seen) tryLink(aside, lock);
  rmSync(aside, { force: true });
}

function parse(content: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
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
