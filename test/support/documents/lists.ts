import type { Document, Finding } from './text/document.ts';
import { codeIn, type Row, type Table } from './text/markdown.ts';

/** A name that a table of a document lists. */
export interface Listed {
  readonly name: string;
  readonly row: Row;
}

/** The tables of a section, which its anchor names. @throws if the section has none */
export function tablesIn({ file, tables }: Document, section: string): Table[] {
  const found = tables.filter((table) => table.section === section);
  if (found.length === 0) throw new Error(`${file} has no table in a section #${section}`);
  return found;
}

/** The code spans in the first column of tables. */
export const firstColumn = (tables: readonly Table[]): Listed[] =>
  tables.flatMap(({ rows }) =>
    rows.flatMap((row) => codeIn(row.cells[0] ?? '').map((name) => ({ name, row }))),
  );

/**
 * The differences between a list in a document and the names that the code has.
 *
 * @param line where the list begins, for names that it lacks
 * @param source where the names are, for the report
 */
export function compareList(
  file: string,
  line: number,
  listed: readonly Listed[],
  expected: Iterable<string>,
  source: string,
): Finding[] {
  const names = new Set(expected);
  const present = new Set(listed.map(({ name }) => name));
  return [
    ...listed
      .filter(({ name }) => !names.has(name))
      .map(({ name, row }) => ({
        file,
        line: row.line,
        named: name,
        fix: `${source} has no such name. Remove it.`,
      })),
    ...[...names]
      .filter((name) => !present.has(name))
      .map((name) => ({ file, line, named: name, fix: `${source} has it, and the list does not. Add it.` })),
  ];
}
