import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The absolute path of the folder that holds `package.json`, for the sources and for the compiled files in `dist` alike.
 *
 * @throws when no folder above this file holds a `package.json`
 */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('No folder above this file holds a package.json.');
  }
}
