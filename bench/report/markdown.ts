import type { Summary } from '../compare/summary.ts';
import { machinePairs, sheetsOf, type Sheet } from '../compare/tables.ts';

const escape = (text: string): string => text.replaceAll('|', '\\|');

/** What a run says of itself, in Markdown. */
export function toMarkdown(summary: Summary): string {
  return `${sheetsToMarkdown(sheetsOf(summary))}\n\n${pairsToMarkdown(machinePairs(summary))}`;
}

export const pairsToMarkdown = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `- ${name}: ${value}`).join('\n');

export function sheetsToMarkdown(sheets: readonly Sheet[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;
  const tables = sheets.map(({ title, head, rows }) => {
    const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
    return [`**${title}**`, '', line(head), line(rule), ...rows.map(line)].join('\n');
  });
  return tables.join('\n\n');
}

/**
 * Puts the text between `<!-- name:start -->` and `<!-- name:end -->`; what is written by hand stays.
 * @throws where the document lacks the marks
 */
export function replaceBetween(document: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document lacks ${start} … ${end}`);
  return `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`;
}
