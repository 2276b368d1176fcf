import { paint, type Output, type Style } from '../output/terminal.ts';

/** A piece of a line, with its colour. */
export interface Span {
  readonly text: string;
  readonly style?: Style;
}
export type Line = readonly Span[];

export const span = (text: string, style?: Style): Span => (style === undefined ? { text } : { text, style });
export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** Exactly so many columns: what is too long ends with an ellipsis, what is short is filled up. */
export function fit(line: Line, columns: number): Line {
  const width = widthOf(line);
  if (width <= columns) return [...line, span(' '.repeat(columns - width))];
  const cut: Span[] = [];
  let left = columns - 1;
  for (const each of line) {
    if (left <= 0) break;
    cut.push({ ...each, text: each.text.slice(0, left) });
    left -= each.text.length;
  }
  return columns < 1 ? [] : [...cut, span('…')];
}

/** The first text that is not wider than this, or the last one. */
export const firstThatFits = (columns: number, texts: readonly [string, ...string[]]): string =>
  texts.find((text) => text.length <= columns) ?? texts[texts.length - 1] ?? '';

/** Blocks side by side, each with its own number of columns. */
export function beside(blocks: readonly { columns: number; lines: readonly Line[] }[]): Line[] {
  const height = Math.max(0, ...blocks.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    blocks.flatMap(({ columns, lines }) => fit(lines[row] ?? [], columns)),
  );
}

/** Items one after another, in as many lines as they need. */
export function flow(items: readonly Line[], columns: number, gap = 3): Line[] {
  const lines: Span[][] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + gap + widthOf(item) <= columns)
      last.push(span(' '.repeat(gap)), ...item);
    else lines.push([...item]);
  }
  return lines;
}

/** The words of a text, in as many lines as they need. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The line as it is printed, without blanks at its end. */
export const render = (stream: Output, line: Line): string => {
  const end = line.findLastIndex(({ text }) => text.trim() !== '');
  return line
    .slice(0, end + 1)
    .map(({ text, style }, index) => {
      const shown = index === end ? text.trimEnd() : text;
      return style === undefined ? shown : paint(stream, style, shown);
    })
    .join('');
};
