import type { CodeSpan, CodeBlock, Line } from './markdown.ts';

/** One command of a shell text: `PORT=3100 npx checkout place --json`. */
export interface ShellCommand {
  /** The words after the assignments, without quotes. */
  readonly words: readonly string[];
  /** The variables that are set before the words. */
  readonly assignments: Readonly<Record<string, string>>;
  readonly line: number;
  /** Whether it stands in a block, where it is complete, rather than in a sentence, which may name a part of it. */
  readonly complete: boolean;
}

const SHELL = new Set(['sh', 'bash', 'shell', 'console']);

/** The commands of a document: those of its shell blocks, and its code spans read as commands. */
export function commandsOf(document: {
  readonly codeBlocks: readonly CodeBlock[];
  readonly codeSpans: readonly CodeSpan[];
}): ShellCommand[] {
  return [
    ...document.codeBlocks.filter(isShell).flatMap(({ lines }) => commandsIn(lines, true)),
    ...document.codeSpans.flatMap(({ text, line }) => commandsIn([{ text, line }], false)),
  ];
}

export const isShell = ({ language }: CodeBlock): boolean => SHELL.has(language);

/** Whether a word stands for something that the reader fills in: `<orderId>`, `ord_…`, `$ORDER`. */
export const isPlaceholder = (word: string): boolean => /[<…$]/.test(word);

/**
 * Splits a shell text into its commands, also those of pipes and of `$(…)`. It knows quotes, comments, continued lines and the
 * placeholders `<name>` of the documents, and no other syntax.
 */
function commandsIn(lines: readonly Line[], complete: boolean): ShellCommand[] {
  const commands: ShellCommand[] = [];
  for (const { text, line } of joined(lines))
    for (const words of splitAtOperators(text)) {
      const assignments: Record<string, string> = {};
      let first = 0;
      for (; first < words.length; first += 1) {
        const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(words[first] ?? '') ?? [];
        if (name === undefined) break;
        assignments[name] = value;
      }
      commands.push({ words: words.slice(first), assignments, line, complete });
    }
  return commands;
}

/** Joins lines that end with a backslash or within quotes. */
function joined(lines: readonly Line[]): Line[] {
  const result: Line[] = [];
  let open: Line | undefined;
  for (const { text, line } of lines) {
    const whole: Line = open ? { text: `${open.text}${text}`, line: open.line } : { text, line };
    if (whole.text.endsWith('\\')) open = { ...whole, text: `${whole.text.slice(0, -1)} ` };
    else if (hasOpenQuote(whole.text)) open = { ...whole, text: `${whole.text}\n` };
    else {
      result.push(whole);
      open = undefined;
    }
  }
  return open ? [...result, open] : result;
}

function hasOpenQuote(text: string): boolean {
  const quotes = text.replaceAll(/\\.|(^|\s)#.*$|'[^']*'|"(\\.|[^"\\])*"/gm, '');
  return /["']/.test(quotes);
}

const TOKEN =
  /(?<=^|\s)#.*$|<[\w …-]*\w>|\$\(|\)|\|\||&&|[|;&\n]|[<>]+|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s|;&<>()'"$\\]|\$(?!\())+|\S/gm;
const OPERATOR = /^(\$\(|\)|\|\||&&|[|;&\n])$/;

function splitAtOperators(text: string): string[][] {
  const commands: string[][] = [[]];
  // A command in `$(…)` may stand within double quotes.
  for (const [token] of text.replaceAll(/"\$\(([^"]*)\)"/g, '$($1)').matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    if (OPERATOR.test(token)) commands.push([]);
    else commands.at(-1)?.push(unquoted(token));
  }
  return commands.filter((words) => words.length > 0);
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_, single?: string, double?: string, escaped?: string) => {
      return single ?? double?.replaceAll(/\\(.)/g, '$1') ?? escaped ?? '';
    },
  );
