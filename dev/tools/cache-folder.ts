import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Returns the folder for downloads of all working copies of this user: `durable-checkout` in `$XDG_CACHE_HOME` or `~/.cache`; or
 * `downloads` in `fallback`, a folder of the project, if that cannot be written.
 *
 * @throws {Error} if neither folder can be written
 */
export function cacheFolder(fallback = '.cache'): string {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  for (const folder of [join(home, 'durable-checkout'), resolve(fallback, 'downloads')]) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // The next folder is tried.
    }
  }
  throw new Error(
    `Neither ${home} nor ${resolve(fallback)} can be written. Set XDG_CACHE_HOME to a folder that can.`,
  );
}
