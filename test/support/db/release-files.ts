import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { temporaryFolder } from '../../../harness/servers/test-servers.ts';
import { DB_FOLDER } from '../../../src/adapters/postgres/migrations/sql-files.ts';
import { recordedReleases } from './releases.ts';

/** Makes a folder with the functions of a release and these migrations, from which a database of that release can be made. */
export function filesOfRelease(version: string, migrations: readonly string[]): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'migrations'));
  mkdirSync(join(folder, 'functions'));
  for (const name of migrations)
    cpSync(join(DB_FOLDER, `migrations/${name}.sql`), join(folder, `migrations/${name}.sql`));
  const release = recordedReleases().find((recorded) => recorded.version === version);
  assert.ok(release);
  for (const { file, text } of release.functions)
    writeFileSync(join(folder, file === 'triggers.sql' ? file : `functions/${basename(file)}`), text);
  return folder;
}
