import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { processTrees } from './processor-time.ts';

/** Bytes of memory of these process trees, shared pages by their share; undefined where the system does not tell. */
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
    return 0; // it has ended in this moment
  }
}

/** Bytes of the files below a folder. A file that is removed meanwhile counts nothing. */
export function folderBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + folderBytes(path);
    return sum + (entry.isFile() ? (statSync(path, { throwIfNoEntry: false })?.size ?? 0) : 0);
  }, 0);
}
