import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns a folder outside of any home, for files that an unprivileged user must reach when this process runs as root. The programs
 * in it belong to root and are read-only to others.
 *
 * @throws {Error} if there is no such folder
 */
export function sharedFolder(): string {
  for (const parent of ['/var/lib', '/var/tmp', tmpdir()]) {
    const folder = join(parent, 'durable-checkout');
    try {
      mkdirSync(folder);
      chmodSync(folder, 0o755); // independent of the umask
    } catch {
      // The folder exists already, or the next parent is tried.
    }
    if (belongsToUs(folder)) return folder;
  }
  throw new Error(
    'No folder outside of your home can be written. Set DATABASE_URL to use a PostgreSQL server elsewhere, or start as an ordinary user.',
  );
}

/** Returns a name that is derived from the path of the folder. */
export function folderNameFor(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 16);
}

/** In a folder that all users may write, another user could have created a folder of that name. */
function belongsToUs(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}
