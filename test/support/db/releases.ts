import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DB_FOLDER, readSqlFiles } from '../../../src/adapters/postgres/migrations/sql-files.ts';
import type { RecordedCall } from './recorded-calls.ts';

const RELEASES = join(DB_FOLDER, 'releases');
const CALLS = 'calls.json';
/** Not as SQL files: a function of the product stands in db/functions and nowhere else. */
const FUNCTIONS = 'functions.json';

interface RecordedFile {
  /** Within `db`, for example `functions/refunds.sql`. */
  readonly file: string;
  readonly text: string;
}

/** What a release has left for the tests of the next one: its functions and triggers, and the statements that its code sends. */
export interface RecordedRelease {
  readonly version: string;
  /** The files of its functions and triggers, in the order in which they are applied. */
  readonly functions: readonly RecordedFile[];
  readonly calls: readonly RecordedCall[];
}

export const releaseExists = (version: string): boolean => existsSync(join(RELEASES, version));

export function recordedReleases(): RecordedRelease[] {
  return readdirSync(RELEASES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name: version }) => {
      const folder = join(RELEASES, version);
      const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return {
        version,
        functions: read(FUNCTIONS) as RecordedFile[],
        calls: read(CALLS) as RecordedCall[],
      };
    });
}

export function writeRelease(version: string, calls: readonly RecordedCall[]): void {
  const folder = join(RELEASES, version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (file: string, value: unknown): void => {
    writeFileSync(join(folder, file), `${JSON.stringify(value, null, 1)}\n`);
  };
  write(
    FUNCTIONS,
    readSqlFiles().functions.map(({ file, text }): RecordedFile => ({ file, text })),
  );
  write(CALLS, calls);
}
