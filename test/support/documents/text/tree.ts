import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The files of the repository, without what Git ignores. */
export interface Tree {
  readonly files: readonly string[];
  readonly folders: ReadonlySet<string>;
  /** Whether a file or folder has this path, or at least one file matches this glob. */
  has(path: string): boolean;
  /** Whether the path of a file or folder ends with these segments. */
  hasEnding(segments: string): boolean;
}

export function treeOf(files: readonly string[]): Tree {
  const folders = new Set(files.flatMap(foldersOf));
  const all = [...files, ...folders];
  const known = new Set(all);
  const some = (pattern: RegExp): boolean => all.some((each) => pattern.test(each));
  return {
    files,
    folders,
    has: (path) => (path.includes('*') ? some(new RegExp(`^${globSource(path)}$`)) : known.has(path)),
    hasEnding: (segments) =>
      segments.includes('*')
        ? some(new RegExp(`(^|/)${globSource(segments)}$`))
        : known.has(segments) || all.some((each) => each.endsWith(`/${segments}`)),
  };
}

/** The tracked files, and those that are not committed yet. */
export function repositoryTree(root: string): Tree {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = output.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  return treeOf([...new Set(files)]);
}

/** `a/b/c.ts` → `a`, `a/b` */
function foldersOf(file: string): string[] {
  const segments = file.split('/').slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'));
}

/** `**` stands for any folders, `*` for a part of one name. */
const globSource = (glob: string): string =>
  glob
    .split(/(\*\*\/|\*)/)
    .map((part) =>
      part === '**/'
        ? '(.*/)?'
        : part === '*'
          ? '[^/]*'
          : part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`),
    )
    .join('');
