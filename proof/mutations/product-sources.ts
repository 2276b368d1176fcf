import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { applyEdits } from './edits.ts';
import type { SourceChange } from './mutation.ts';
import { callsOf, declaration } from './syntax.ts';

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));

/** The sources of the product, by their path within `src`. */
export type Sources = ReadonlyMap<string, string>;

export function readSources(): Sources {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(files.sort().map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
}

/**
 * The sources that the changes concern, as they are after them.
 * @throws when a change does not apply, or changes nothing
 */
export function changedSources(sources: Sources, changes: readonly SourceChange[]): Sources {
  const changed = new Map<string, string>();
  for (const change of changes) {
    const { file, tree } = findSource(sources, changed, change);
    const edited = change.edit(tree);
    const after = applyEdits(tree.text, 'from' in edited ? [edited] : edited);
    if (after === tree.text) throw new Error(`the change of src/${file} has no effect`);
    changed.set(file, after);
  }
  return changed;
}

/** The only file with the name, parsed. Two changes of one file build on each other. */
function findSource(
  sources: Sources,
  changed: Sources,
  change: SourceChange,
): { file: string; tree: ts.SourceFile } {
  const { folder = '' } = change;
  const name = 'declares' in change ? change.declares : change.calls;
  const found = [...sources].flatMap(([file, source]) => {
    const text = changed.get(file) ?? source;
    if (!file.startsWith(folder) || !text.includes(name)) return [];
    const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    const hasName = 'declares' in change ? declaration(tree, name) : callsOf(tree, name).length > 0;
    return hasName ? [{ file, tree }] : [];
  });
  const [only, ...others] = found;
  if (!only || others.length > 0)
    throw new Error(
      `expected one file in src/${folder} that ${'declares' in change ? 'declares' : 'calls'} ${name}, found ${found.length}`,
    );
  return only;
}
