/** A cell of a table. A number is written as it is, and a text so that no spreadsheet runs it. */
export type Cell = string | number | null | undefined;

/** A row as RFC 4180 has it, with its line end. */
export const csvRow = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/** A spreadsheet takes a text that begins so for a formula. */
const LOOKS_LIKE_FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r]/;

function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = LOOKS_LIKE_FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
