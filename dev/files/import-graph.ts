import { dirname, resolve } from 'node:path';
import { readIfExists } from './private-file.ts';

/** What the files of this project import, as far as it is loaded: types are not. */
export interface ImportGraph {
  /** Returns the files that `entry` imports, directly or not, and `entry` itself. A file that does not exist is included. */
  readonly reachableFrom: (entry: string) => ReadonlySet<string>;
  /** Returns the packages and modules of Node that those files import. */
  readonly packagesOf: (entry: string) => ReadonlySet<string>;
  /** Reads the imports of `file` again at the next call. */
  readonly forget: (file: string) => void;
}

interface Imports {
  /** Absolute paths. */
  readonly files: readonly string[];
  readonly packages: readonly string[];
}

export function createImportGraph(): ImportGraph {
  const known = new Map<string, Imports>();
  const of = (file: string): Imports => {
    const imports = known.get(file) ?? importsOf(file);
    known.set(file, imports);
    return imports;
  };
  const reachableFrom = (entry: string): ReadonlySet<string> => {
    const reached = new Set([entry]);
    for (const file of reached) for (const imported of of(file).files) reached.add(imported);
    return reached;
  };
  return {
    reachableFrom,
    packagesOf: (entry) => new Set([...reachableFrom(entry)].flatMap((file) => of(file).packages)),
    forget: (file) => known.delete(file),
  };
}

/** `import … from 'a'`, `export … from 'a'`, `import 'a'` and `import('a')`, but not `import type`. */
const IMPORT =
  /\b(?:import|export)\s+(?!type\b)(?:[\w$*{},\s]+\sfrom\s+)?'([^'\n]+)'|\bimport\('([^'\n]+)'\)/g;

/** Returns what a TypeScript file imports itself; nothing if it does not exist. */
export function importsOf(file: string): Imports {
  const specifiers = [...(readIfExists(file) ?? '').matchAll(IMPORT)].map(
    ([, fixed, dynamic]) => fixed ?? dynamic ?? '',
  );
  const isFile = (specifier: string): boolean => /^\.{1,2}\//.test(specifier);
  return {
    files: specifiers.filter(isFile).map((specifier) => resolve(dirname(file), specifier)),
    packages: specifiers.filter((specifier) => !isFile(specifier)),
  };
}
