import type { Document, Finding } from '../text/document.ts';
import { namedBy } from './named-by.ts';

/** What `db/schema.sql` defines. */
export interface Schema {
  readonly tables: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
  /** Every word in it: also columns, constraints and indexes. */
  readonly words: ReadonlySet<string>;
}

const STATEMENT_TABLE = /\b(?:from|join|into|update|table)\s+(?:only\s+)?([a-z_]+)/gi;

/** Names after "table", "column", "constraint", "index" and "SQL function", and the tables in blocks and spans of SQL. */
export function checkSql({ file, codeSpans, codeBlocks }: Document, schema: Schema): Finding[] {
  const isKnown: Record<string, (name: string) => boolean> = {
    table: (name) => schema.tables.has(name),
    'sql function': (name) => schema.functions.has(name),
    column: (name) => name.split('.').every((each) => schema.words.has(each)),
    constraint: (name) => schema.words.has(name),
    index: (name) => schema.words.has(name),
  };
  const afterNouns = namedBy(codeSpans, Object.keys(isKnown))
    .filter(({ text }) => /^[a-z][a-z0-9_.]*$/.test(text))
    .filter(({ noun, text }) => isKnown[noun]?.(text) === false)
    .map(({ noun, text, line }) => ({ line, named: `${noun} ${text}` }));
  const inStatements = codeBlocks
    .filter(({ language }) => language === 'sql')
    .flatMap(({ lines }) => lines)
    .flatMap(({ text, line }) =>
      [...text.matchAll(STATEMENT_TABLE)].map(([, table = '']) => ({ line, named: `table ${table}`, table })),
    )
    .filter(({ table }) => !schema.tables.has(table));
  return [...afterNouns, ...inStatements].map(({ line, named }) => ({
    file,
    line,
    named,
    fix: 'db/schema.sql has no such name. Correct it.',
  }));
}
