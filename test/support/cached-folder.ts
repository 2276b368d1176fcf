import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../dev/tools/cache-folder.ts';

/**
 * Returns a folder of the cache. The first call fills it. Several processes can fill it at the same time: each fills a folder of its own
 * and renames it at the end, and all of them use the one that was renamed first.
 *
 * @param name has to change when the content does
 * @param fill puts the content into an empty folder
 * @throws what `fill` throws
 */
export async function cachedFolder(
  name: string,
  fill: (folder: string) => Promise<void>,
  cache = cacheFolder(),
): Promise<string> {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  const folder = mkdtempSync(join(cache, '.fetch-'));
  try {
    await fill(folder);
    renameSync(folder, path);
  } catch (error) {
    // A folder does not replace one that has files. It is there if another process was first.
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}
