import { fileURLToPath, pathToFileURL } from 'node:url';
import { createImportGraph, importsOf } from '../files/import-graph.ts';
import { type NodeChildOptions, pathOfEntry, spawnNode } from '../processes/node-child.ts';
import type { RunningPart } from '../processes/part.ts';

/** A Node process that has loaded packages, and waits to take the place of a running process when sources have changed. */
export interface SpareChild {
  /**
   * Loads the sources as they are now. Resolves with a function that runs the main file, and resolves as `startNodeChild` does.
   * Rejects if the sources cannot be loaded; the process has then printed the reason.
   */
  readonly load: () => Promise<() => Promise<RunningPart>>;
  readonly stop: () => Promise<void>;
}

const SPARE = fileURLToPath(new URL('spare.js', import.meta.url));

export function startSpareChild(options: NodeChildOptions): SpareChild {
  const main = pathOfEntry(options.entry);
  const child = spawnNode([SPARE], options);
  child.send([...createImportGraph().packagesOf(main)]);
  const warm = child.reported('warm');
  warm.catch(() => undefined); // `load` rejects too
  return {
    stop: child.stop,
    load: async () => {
      await warm;
      child.send({ imports: importsOf(main).files.map(urlOf), main: urlOf(main) });
      await child.reported('loaded');
      return async () => {
        child.send('run');
        await child.reported('ready');
        return child;
      };
    },
  };
}

const urlOf = (file: string): string => pathToFileURL(file).href;
