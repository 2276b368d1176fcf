import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FunctionChange } from './mutation.ts';

const FOLDER = fileURLToPath(new URL('../../db/functions/', import.meta.url));

/** The definitions of the SQL functions as the repository has them, by name. */
export function readFunctions(): ReadonlyMap<string, string> {
  const functions = new Map<string, string>();
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.sql'))) {
    const text = readFileSync(`${FOLDER}${file}`, 'utf8');
    for (const [definition, name = ''] of text.matchAll(/^create or replace function (\w+)[\s\S]+?\$\$;$/gm))
      functions.set(name, definition);
  }
  return functions;
}

/** The definition of a function after the change. @throws when the change does not apply exactly once */
export function changedFunction(definition: string, { function: name, find, put }: FunctionChange): string {
  const [only, ...others] = definition.matchAll(new RegExp(find, 'g'));
  if (!only || others.length > 0)
    throw new Error(
      `expected one match of ${String(find)} in function ${name}, found ${only ? others.length + 1 : 0}`,
    );
  const [match, ...groups] = only;
  const changed =
    definition.slice(0, only.index) + put(match, ...groups) + definition.slice(only.index + match.length);
  if (changed === definition) throw new Error(`the change of function ${name} has no effect`);
  return changed;
}
