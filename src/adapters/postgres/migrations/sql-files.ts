import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../../platform/package-root.ts';

/** The folder with everything that the database is made from, see `db/README.md`. */
export const DB_FOLDER = join(packageRoot(), 'db');

export interface SqlFile {
  /** Within the folder, for example `functions/refunds.sql`. */
  readonly file: string;
  readonly text: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly hash: string;
}

export interface SqlFiles {
  readonly migrationsFolder: string;
  /** Names without the extension, in their order. */
  readonly migrations: readonly string[];
  /** The functions, then the triggers that call them. */
  readonly functions: readonly SqlFile[];
  /** Each creates one index, which has the name of the file. */
  readonly indexes: readonly SqlFile[];
}

export function readSqlFiles(folder: string = DB_FOLDER): SqlFiles {
  return {
    migrationsFolder: join(folder, 'migrations'),
    migrations: sqlFilesIn(join(folder, 'migrations')).map((name) => basename(name, '.sql')),
    functions: [...filesIn(folder, 'functions'), ...readIfThere(folder, 'triggers.sql')],
    indexes: filesIn(folder, 'indexes'),
  };
}

/** The names of the functions that a file defines. */
export const definedFunctions = ({ text }: SqlFile): string[] =>
  [...text.matchAll(/^create or replace function (\w+)\(/gm)].flatMap(([, name]) => name ?? []);

const filesIn = (folder: string, part: string): SqlFile[] =>
  sqlFilesIn(join(folder, part)).map((name) => read(folder, `${part}/${name}`));

const readIfThere = (folder: string, file: string): SqlFile[] =>
  existsSync(join(folder, file)) ? [read(folder, file)] : [];

const sqlFilesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.sql'))
        .sort()
    : [];

function read(folder: string, file: string): SqlFile {
  const text = readFileSync(join(folder, file), 'utf8');
  return { file, text, hash: createHash('sha256').update(text).digest('hex') };
}
