/** A code span: `text` within a line. */
export interface CodeSpan {
  readonly text: string;
  readonly line: number;
  /** The text between the previous code span, or the start of the paragraph or cell, and this one. */
  readonly before: string;
  /** Whether a code span stands earlier in the same paragraph or cell. */
  readonly follows: boolean;
}

export interface Line {
  readonly text: string;
  readonly line: number;
}

/** A fenced block of code. */
export interface CodeBlock {
  /** `sh`, `json`, `ts` …; empty if the block names none. */
  readonly language: string;
  readonly lines: readonly Line[];
}

export interface Link {
  readonly target: string;
  readonly line: number;
}

export interface Row {
  readonly cells: readonly string[];
  readonly line: number;
}

/** A table, with the anchor of the heading that it stands under. */
export interface Table {
  readonly section: string;
  readonly header: Row;
  readonly rows: readonly Row[];
}

export interface Markdown {
  readonly codeSpans: readonly CodeSpan[];
  readonly codeBlocks: readonly CodeBlock[];
  readonly links: readonly Link[];
  /** The anchors that GitHub gives to the headings. */
  readonly anchors: readonly string[];
  readonly tables: readonly Table[];
}

const FENCE = /^\s*(```+|~~~+)\s*([\w-]*).*$/;
const COMMENT = /<!--[\s\S]*?-->/g;
const CODE_SPAN = /(?<!`)(`+)(?!`)((?:(?!\n[ \t]*\n)[\s\S])+?)(?<!`)\1(?!`)/g;
const LINK = /(?<!\\)\[(?:[^[\]\\]|\\.|\[[^\]]*\])*\]\(\s*<?([^\s)>]+)>?[^)]*\)/g;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;

/** Reads what the checks of the documents need from a Markdown file. Lines are numbered from 1. */
export function parseMarkdown(text: string): Markdown {
  const { prose, codeBlocks } = withoutCodeBlocks(text);
  const masked = prose.replaceAll(COMMENT, blanked);
  const anchorAt = anchorsByLine(masked);
  return {
    codeBlocks,
    codeSpans: codeSpansOf(masked),
    links: linksOf(masked.replaceAll(CODE_SPAN, blanked)),
    anchors: [...anchorAt.values()],
    tables: tablesOf(masked, anchorAt),
  };
}

/** Splits off the fenced blocks. Their lines stay in the prose as empty lines, so that line numbers are kept. */
function withoutCodeBlocks(text: string): { prose: string; codeBlocks: CodeBlock[] } {
  const codeBlocks: { language: string; lines: Line[] }[] = [];
  let open: { fence: string; block: { language: string; lines: Line[] } } | undefined;
  const prose = text.split('\n').map((line, index) => {
    const [, fence, language = ''] = FENCE.exec(line) ?? [];
    if (open) {
      if (fence?.startsWith(open.fence) && language === '') open = undefined;
      else open.block.lines.push({ text: line, line: index + 1 });
      return '';
    }
    if (fence === undefined) return line;
    open = { fence, block: { language, lines: [] } };
    codeBlocks.push(open.block);
    return '';
  });
  return { prose: prose.join('\n'), codeBlocks };
}

function codeSpansOf(prose: string): CodeSpan[] {
  let end = 0;
  return [...prose.matchAll(CODE_SPAN)].map((match) => {
    const between = prose.slice(end, match.index);
    // A blank line, a new item of a list and the border of a cell end what a code span may refer back to.
    const start = Math.max(...['\n\n', '\n- ', '|'].map((border) => between.lastIndexOf(border)));
    const follows = end > 0 && start < 0;
    end = match.index + match[0].length;
    return {
      text: (match[2] ?? '')
        .replaceAll(/\s*\n\s*/g, ' ')
        .replaceAll(String.raw`\|`, '|')
        .trim(),
      line: lineAt(prose, match.index),
      before: between.slice(start + 1),
      follows,
    };
  });
}

const linksOf = (prose: string): Link[] =>
  [...prose.matchAll(LINK)].map((match) => ({ target: match[1] ?? '', line: lineAt(prose, match.index) }));

function anchorsByLine(prose: string): Map<number, string> {
  const anchors = new Map<number, string>();
  const used = new Map<string, number>();
  for (const [index, line] of prose.split('\n').entries()) {
    const [, , heading] = HEADING.exec(line) ?? [];
    if (heading === undefined) continue;
    const anchor = anchorOf(heading);
    const times = used.get(anchor) ?? 0;
    used.set(anchor, times + 1);
    anchors.set(index + 1, times === 0 ? anchor : `${anchor}-${times}`);
  }
  return anchors;
}

/** The anchor of a heading as GitHub makes it: letters, digits, `_` and `-` stay, spaces become `-`. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .replaceAll(' ', '-');

function tablesOf(prose: string, anchorAt: ReadonlyMap<number, string>): Table[] {
  const tables: { section: string; header: Row; rows: Row[] }[] = [];
  let section = '';
  let header: Row | undefined;
  let table: { section: string; header: Row; rows: Row[] } | undefined;
  for (const [index, text] of prose.split('\n').entries()) {
    const line = index + 1;
    section = anchorAt.get(line) ?? section;
    if (!text.trimStart().startsWith('|')) {
      header = table = undefined;
    } else if (/^[\s|:-]+$/.test(text)) {
      if (header) tables.push((table = { section, header, rows: [] }));
    } else {
      const row = { cells: cellsOf(text), line };
      if (table) table.rows.push(row);
      else header = row;
    }
  }
  return tables;
}

const cellsOf = (text: string): string[] =>
  text
    .trim()
    .replace(/^\|/, '')
    .replace(/\|$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

/** The code spans of a cell or a line. */
export const codeIn = (text: string): string[] => codeSpansOf(text).map((span) => span.text);

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

const blanked = (text: string): string => text.replaceAll(/[^\n]/g, ' ');
