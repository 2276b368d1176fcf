import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the manifest in the repository, for Git. */
export const MANIFEST_PATH = 'test/replay/histories.sha256';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const MANIFEST_FILE = join(root, MANIFEST_PATH);
export const HISTORIES_DIR = join(root, 'test/replay/histories');

/** The SHA-256 of each history's file, hexadecimal, by the file's name. */
export type Manifest = ReadonlyMap<string, string>;

export const hashOf = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/** A line as `sha256sum` writes it, so that `sha256sum --check histories.sha256` in `test/replay` verifies the files too. */
export const manifestLine = (file: string, hash: string): string => `${hash}  histories/${file}\n`;

export function parseManifest(text: string): Manifest {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [, hash, file] = /^([0-9a-f]{64}) {2}histories\/([\w.-]+)$/.exec(line) ?? [];
      if (hash === undefined || file === undefined)
        throw new Error(`${MANIFEST_PATH} has a line that is not "<SHA-256>  histories/<file>": ${line}`);
      return [file, hash];
    }),
  );
}

export function hashHistories(folder: string = HISTORIES_DIR): Manifest {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(files.map((file) => [file, hashOf(readFileSync(join(folder, file)))]));
}

/** One sentence for each history of `earlier` that `later` has changed or deleted. Additions are allowed. */
export function forbiddenChanges(earlier: Manifest, later: Manifest): string[] {
  return [...earlier].flatMap(([file, hash]) => {
    const present = later.get(file);
    if (present === hash) return [];
    return [present === undefined ? `${file} was deleted` : `${file} was changed`];
  });
}
