import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DB_FOLDER } from '../../../src/adapters/postgres/migrations/sql-files.ts';
import type { RecordedCall } from './recorded-calls.ts';

const RELEASES = join(DB_FOLDER, 'releases');
const CALLS = 'calls.json';

/** What a release has left for the tests of the next one: its functions and triggers, and the statements that its code sends. */
export interface RecordedRelease {
  readonly version: string;
  /** Folder with `functions` and `triggers.sql`. */
  readonly folder: string;
  readonly calls: readonly RecordedCall[];
}

export const releaseExists = (version: string): boolean => existsSync(join(RELEASES, version));

export function recordedReleases(): RecordedRelease[] {
  return readdirSync(RELEASES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name: version }) => {
      const folder = join(RELEASES, version);
      const calls = JSON.parse(readFileSync(join(folder, CALLS), 'utf8')) as RecordedCall[];
      return { version, folder, calls };
    });
}

export function writeRelease(version: string, calls: readonly RecordedCall[]): void {
  const folder = join(RELEASES, version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(DB_FOLDER, 'functions'), join(folder, 'functions'), { recursive: true });
  cpSync(join(DB_FOLDER, 'triggers.sql'), join(folder, 'triggers.sql'));
  writeFileSync(join(folder, CALLS), `${JSON.stringify(calls, null, 1)}\n`);
}
