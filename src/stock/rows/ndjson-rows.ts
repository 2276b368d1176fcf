import type { RawRow } from './raw-row.ts';
import { readJsonRow, requireRowLength } from './json-row.ts';

/** Reads one JSON object a line. Empty lines are no rows. @throws {Problem} if a line is too long */
export async function* readNdjsonRows(texts: AsyncIterable<string>): AsyncGenerator<RawRow> {
  let row = 0;
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      row += 1;
      requireRowLength(row, line.length);
      yield readJsonRow(row, line);
    }
    requireRowLength(row + 1, rest.length);
  }
  if (rest.trim() !== '') yield readJsonRow(row + 1, rest);
}
