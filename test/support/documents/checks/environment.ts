import type { Document, Finding } from '../text/document.ts';
import { commandsOf, isShell } from '../text/shell.ts';

export interface Variables {
  /** Whether a program of the repository, or one that it runs, reads the variable. */
  knows(name: string): boolean;
  /** Whether at least one known variable begins so. */
  knowsPrefix(prefix: string): boolean;
}

/** `NAME`, `NAME=value`, `NAME_…` or `NAME_*` */
const VARIABLE = /^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?)(=.*|…|\*)?$/s;

/** `EUR=50000` is an amount. */
const CURRENCY = /^[A-Z]{3}$/;

/**
 * Environment variables, in code spans and before the words of commands. A name in capitals with an underscore may also be a
 * word of the sources, but only where no value is assigned to it.
 */
export function checkEnvironment(
  document: Document,
  variables: Variables,
  words: ReadonlySet<string>,
): Finding[] {
  const { file, codeSpans, codeBlocks } = document;
  const shellText = codeBlocks
    .filter(isShell)
    .flatMap(({ lines }) => lines.map(({ text }) => text))
    .join('\n');
  const finding = (line: number, named: string): Finding => ({
    file,
    line,
    named,
    fix: 'no program reads this variable. Correct the name, or add the variable to src/platform/environment.ts.',
  });
  const spans = codeSpans.flatMap(({ text, line }) => {
    const [, name = '', end = ''] = VARIABLE.exec(text) ?? [];
    if (name === '' || CURRENCY.test(name) || !(name.includes('_') || end.startsWith('='))) return [];
    const known =
      end === '…' || end === '*'
        ? variables.knowsPrefix(name) || [...words].some((word) => word.startsWith(name))
        : variables.knows(name) || (end === '' && words.has(name));
    return known ? [] : [finding(line, text)];
  });
  const assigned = commandsOf(document).flatMap(({ assignments, words, line }) =>
    Object.keys(assignments)
      .filter((name) => !variables.knows(name) && !(words.length === 0 && isUsed(name, shellText)))
      // A code span without words is one of the spans above.
      .filter(() => words.length > 0 || codeSpans.every((span) => span.line !== line))
      .map((name) => finding(line, name)),
  );
  return [...spans, ...assigned];
}

/** Whether the shell text uses a variable that it has set: then the variable is one of the shell. */
const isUsed = (name: string, text: string): boolean => new RegExp(String.raw`\$\{?${name}\b`).test(text);
