import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processTrees } from './processor-time.ts';

/**
 * Bytes of memory of these process trees: proportional set size, which divides each shared page among the processes that use it.
 * Undefined on systems other than Linux.
 */
export function memoryOf(roots: readonly number[]): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return processTrees(roots).reduce((sum, pid) => sum + proportionalSet(pid), 0);
}

function proportionalSet(pid: number): number {
  try {
    return (
      Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1024
    );
  } catch {
    return 0; // The process has ended since the list was read.
  }
}

/** Total size in bytes of the files below a folder. A file that is removed during the count is not counted. */
export function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + folderBytes(path);
    return sum + (entry.isFile() ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0);
  }, 0);
}
