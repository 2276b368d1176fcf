import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

export interface FolderWatcher {
  /** Watches the files in a folder, not those in its subfolders. Does nothing if the folder is watched or does not exist. */
  readonly add: (folder: string) => void;
}

/**
 * Reports each file that is written, created, renamed or removed in the watched folders, until the process ends. Folders are
 * watched and not files, because many editors save by renaming a new file; and one by one, because Node 20 on Linux loses such
 * files when it watches a tree.
 */
export function createFolderWatcher(onChange: (file: string) => void): FolderWatcher {
  const watchers = new Map<string, FSWatcher>();
  return {
    add(folder) {
      if (watchers.has(folder) || !existsSync(folder)) return;
      const watcher = watch(folder, (_event, name) => {
        if (name !== null) onChange(join(folder, name));
        if (existsSync(folder)) return;
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
    },
  };
}
