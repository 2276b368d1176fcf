import { dirname, relative } from 'node:path';
import { createImportGraph } from '../files/import-graph.ts';
import { syntaxErrors } from './syntax.ts';
import { createFolderWatcher } from './watch-folders.ts';

/** What a change of sources affects. */
export interface Target {
  readonly name: string;
  /** Its sources: the main file, with everything that this imports, or all files in folders with an extension. */
  readonly sources:
    { readonly entry: string } | { readonly folders: readonly string[]; readonly extension: string };
}

export interface Change {
  /** The names of the targets that it affects. */
  readonly targets: ReadonlySet<string>;
  /** Relative to the folder of the project. */
  readonly files: readonly string[];
  /** When the first file was written, as `performance.now()` says it. */
  readonly since: number;
}

export interface WatchOptions {
  readonly root: string;
  readonly targets: readonly Target[];
  /** Called for one change after the other. When it rejects, the files of the change belong to the next change too. */
  readonly apply: (change: Change) => Promise<void>;
  /** Receives the reason why a change was not applied. Its message is for a terminal. */
  readonly onError: (error: unknown) => void;
}

const isTypeScript = (file: string): boolean => file.endsWith('.ts');

/** Editors write a file in several steps, and a checkout of another branch writes many files. Milliseconds. */
const SETTLE_MS = 50;

/** Calls `apply` for each change of sources that has no syntax error, until the process ends. */
export function watchSources({ root, targets, apply, onError }: WatchOptions): void {
  const graph = createImportGraph();
  const pending = new Set<string>();
  let since: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isApplying = false;
  const watcher = createFolderWatcher((file) => {
    since ??= performance.now();
    pending.add(file);
    clearTimeout(timer);
    timer = setTimeout(() => void applyPending(), SETTLE_MS);
  });

  const affects = (file: string, { sources }: Target): boolean =>
    'folders' in sources
      ? sources.folders.includes(dirname(file)) && file.endsWith(sources.extension)
      : graph.reachableFrom(sources.entry).has(file);

  function watchFolders(): void {
    for (const { sources } of targets)
      if ('folders' in sources) sources.folders.forEach(watcher.add);
      else for (const file of graph.reachableFrom(sources.entry)) watcher.add(dirname(file));
  }

  async function applyPending(): Promise<void> {
    if (isApplying || since === undefined) return;
    isApplying = true;
    const began = since;
    since = undefined;
    pending.forEach(graph.forget);
    const files = [...pending].filter((file) => targets.some((target) => affects(file, target)));
    pending.clear();
    const affected = targets.filter((target) => files.some((file) => affects(file, target)));
    try {
      const errors = await syntaxErrors(files.filter(isTypeScript), root);
      if (errors !== undefined) throw new Error(errors);
      const relativeFiles = files.map((file) => relative(root, file));
      const names = new Set(affected.map(({ name }) => name));
      if (files.length > 0) await apply({ targets: names, files: relativeFiles, since: began });
    } catch (error) {
      files.forEach((file) => pending.add(file));
      onError(error);
    }
    watchFolders();
    isApplying = false;
    void applyPending(); // what has changed meanwhile
  }

  watchFolders();
}
