import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where downloads are kept for all checkouts of this user: `$XDG_CACHE_HOME` or `~/.cache`; `fallback`, a folder of the
 * project, where that cannot be written.
 */
export function cacheFolder(fallback = '.cache'): string {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  for (const folder of [join(home, 'durable-checkout'), resolve(fallback, 'downloads')]) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
      return folder;
    } catch {
      // The next one is tried.
    }
  }
  throw new Error(`Neither ${home} nor ${resolve(fallback)} can be written: set XDG_CACHE_HOME.`);
}
