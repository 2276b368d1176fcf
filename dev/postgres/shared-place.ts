import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder outside any home, for what an unprivileged user must reach when we are root. Below it the binaries are root's own
 * and read-only to others.
 * @throws where no such folder can be had
 */
export function sharedPlace(): string {
  for (const parent of ['/var/lib', '/var/tmp', tmpdir()]) {
    const place = join(parent, 'durable-checkout');
    try {
      mkdirSync(place);
      chmodSync(place, 0o755); // whatever the umask
    } catch {
      // It is there already, or the next one is tried.
    }
    if (isOurs(place)) return place;
  }
  throw new Error(
    'No folder outside of your home can be written: set DATABASE_URL, or start as an ordinary user.',
  );
}

/** A name for the folder, the same every time. */
export function nameFor(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 16);
}

/** In a folder that all may write somebody else could have left one of that name. */
function isOurs(place: string): boolean {
  const found = lstatSync(place, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}
