import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** The files of the repository, without what Git ignores. */
export interface Tree {
  /** Their paths from the root of the repository, also of files that are not committed yet. */
  readonly files: readonly string[];
  readonly folders: ReadonlySet<string>;
  /** Whether a file or folder has this path, or at least one file matches this glob. */
  has(path: string): boolean;
  /** Whether the path of a file or folder ends with these segments. */
  hasEnding(segments: string): boolean;
}

export function repositoryTree(root: string): Tree {
  const files = filesIn(root);
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

function filesIn(root: string): string[] {
  const output = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // Git also lists files that were deleted and not committed, and links to folders.
  const isFile = (file: string): boolean =>
    file !== '' && statSync(join(root, file), { throwIfNoEntry: false })?.isFile() === true;
  return [...new Set(output.split('\0').filter(isFile))];
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
