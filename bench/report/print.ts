import { drawPairs, drawTable } from '../../src/cli/output/table.ts';
import { writeLine, type Output } from '../../src/cli/output/terminal.ts';
import type { Table } from './table.ts';

export function printPairs(stream: Output, pairs: readonly [string, string][]): void {
  writeLine(stream, `\n${drawPairs(stream, pairs)}`);
}

export function printTables(stream: Output, tables: readonly Table[]): void {
  for (const { title, head, rows } of tables) {
    const columns = head.map(
      (name, index) => ({ title: name, align: index === 0 ? 'left' : 'right' }) as const,
    );
    writeLine(stream, `\n${title}\n${drawTable(stream, columns, rows)}`);
  }
}
