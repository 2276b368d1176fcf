import type { Table } from './table.ts';

export const pairsToMarkdown = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([name, value]) => `- ${name}: ${value}`).join('\n');

export function tablesToMarkdown(tables: readonly Table[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escape).join(' | ')} |`;
  const written = tables.map(({ title, head, rows }) => {
    const alignment = head.map((_, index) => (index === 0 ? '---' : '---:'));
    return [`**${title}**`, '', line(head), line(alignment), ...rows.map(line)].join('\n');
  });
  return written.join('\n\n');
}

/** A bar would end the cell, and a bracket could begin a link. */
const escape = (text: string): string => text.replaceAll(/[|[]/g, String.raw`\$&`);

/**
 * Replaces the text between `<!-- name:start -->` and `<!-- name:end -->`. The text outside the markers does not change.
 * @throws where the document has no such markers
 */
export function replaceBetween(document: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = document.indexOf(start);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the document has no markers ${start} … ${end}: add them`);
  return `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`;
}
