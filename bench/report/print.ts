import { drawPairs, drawTable } from '../../src/cli/output/table.ts';
import { writeLine, type Output } from '../../src/cli/output/terminal.ts';
import type { Summary } from '../summary.ts';
import { machinePairs, sheetsOf, type Sheet } from './rows.ts';

export function printSummary(stream: Output, summary: Summary): void {
  printPairs(stream, machinePairs(summary));
  printSheets(stream, sheetsOf(summary));
}

export function printPairs(stream: Output, pairs: readonly [string, string][]): void {
  writeLine(stream, `\n${drawPairs(stream, pairs)}`);
}

export function printSheets(stream: Output, sheets: readonly Sheet[]): void {
  for (const { title, head, rows } of sheets) {
    const columns = head.map(
      (name, index) => ({ title: name, align: index === 0 ? 'left' : 'right' }) as const,
    );
    writeLine(stream, `\n${title}\n${drawTable(stream, columns, rows)}`);
  }
}
