import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The files that `npm run build` makes of the board. */
export interface BoardFiles {
  /** An absolute path. */
  readonly folder: string;
  /** Asked anew each time, since the board may be built while the server runs. */
  isBuilt(): Promise<boolean>;
  /** Whether there is a file with this path below the folder. */
  has(path: string): Promise<boolean>;
}

export const BOARD_INDEX = 'index.html';

/** Segments of names without a dot at their beginning: none leads out of the folder, and none is hidden. */
const SAFE_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

export function createBoardFiles(folder: string): BoardFiles {
  const has = async (path: string): Promise<boolean> =>
    SAFE_PATH.test(path) &&
    (await stat(join(folder, path)).then(
      (found) => found.isFile(),
      () => false,
    ));
  return { folder, has, isBuilt: () => has(BOARD_INDEX) };
}
