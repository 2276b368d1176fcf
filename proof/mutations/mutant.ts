import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import ts from 'typescript';
import type { Pool } from '../../src/adapters/postgres/pool.ts';

/** A change of a source by text that must be there exactly once: where the source has moved on, it fails. */
export interface SourcePatch {
  /** Within `src`. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** The same for a function of the database, as db/functions defines it; or a statement, and the one that undoes it. */
export type SqlPatch =
  | { readonly function: string; readonly from: string; readonly to: string }
  | { readonly statement: string; readonly undo: string };

export type Patch = SourcePatch | SqlPatch;

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** What goes into the workflow bundle. */
const BUNDLED = /^(contracts|domain|workflows)\//;

/** The product compiled anew, to be changed in copies; the copies lie within the project, so that packages are found. */
export interface Editions {
  /** Folder of the compiled sources with these patches. */
  patched(name: string, patches: readonly Patch[]): Promise<string>;
}

/** Takes some seconds. */
export async function createEditions(folder: string): Promise<Editions> {
  const original = join(folder, 'original');
  // The sources may be at work on while this runs: a patch is for what was compiled.
  const sources = new Map<string, string>();
  for (const file of sourceFiles()) {
    const source = readFileSync(join(SRC, file), 'utf8');
    sources.set(file, source);
    write(original, file, source);
  }
  await bundle(original);

  return {
    async patched(name, patches) {
      const changes = patches.filter((patch) => 'file' in patch);
      if (changes.length === 0) return original;
      const copy = join(folder, name);
      cpSync(original, copy, { recursive: true });
      const changed = new Map<string, string>();
      for (const { file, from, to } of changes) {
        const before = changed.get(file) ?? sources.get(file) ?? '';
        changed.set(file, replaceOnce(before, from, to, file));
      }
      for (const [file, source] of changed) write(copy, file, source);
      if (changes.some(({ file }) => BUNDLED.test(file))) await bundle(copy);
      return copy;
    },
  };
}

/** Changes one database. @returns what puts it right again */
export async function patchDatabase(pool: Pool, patches: readonly Patch[]): Promise<() => Promise<void>> {
  const undos: string[] = [];
  for (const patch of patches) {
    if ('file' in patch) continue;
    if ('statement' in patch) {
      await pool.query(patch.statement);
      undos.push(patch.undo);
      continue;
    }
    const { rows } = await pool.query<{ definition: string }>(
      'select pg_get_functiondef($1::regprocedure) as definition',
      [patch.function],
    );
    const definition = rows[0]?.definition ?? '';
    await pool.query(replaceOnce(definition, patch.from, patch.to, patch.function));
    undos.push(definition);
  }
  return async () => {
    for (const undo of undos.reverse()) await pool.query(undo);
  };
}

function replaceOnce(text: string, from: string, to: string, where: string): string {
  const count = text.split(from).length - 1;
  if (count !== 1) throw new Error(`${where} has changed: it has ${count} times the text\n${from}`);
  return text.replace(from, () => to);
}

const sourceFiles = (): string[] =>
  readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

function write(folder: string, file: string, source: string): void {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  });
  const path = join(folder, file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, outputText);
}

async function bundle(folder: string): Promise<void> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(folder, 'workflows', 'index.js'),
    logger: new DefaultLogger('ERROR'),
  });
  writeFileSync(join(folder, 'workflow-bundle.js'), code);
}
