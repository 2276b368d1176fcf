import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publishPart } from '../report/document.ts';
import { pairsToMarkdown, tablesToMarkdown } from '../report/markdown.ts';
import { drawSummary } from './picture.ts';
import type { Measurement } from './rounds.ts';
import type { Summary } from './summary.ts';
import { machinePairs, tablesOf } from './tables.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

/** Writes the results of this run into the documentation. */
export async function publish(summary: Summary): Promise<void> {
  await publishPart({ part: 'bench', file: 'latest' }, summary, toMarkdown(summary));
  mkdirSync(path('docs/images'), { recursive: true });
  writeFileSync(path('docs/images/bench.svg'), drawSummary(summary));
}

export function toMarkdown(summary: Summary): string {
  return `${tablesToMarkdown(tablesOf(summary))}\n\n${pairsToMarkdown(machinePairs(summary))}`;
}

/** Writes every response time to a file that git ignores, for a closer look. Returns the path of the file. */
export function writeRaw(summary: Summary, measurements: readonly Measurement[]): string {
  const folder = path('bench/results');
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${summary.measuredAt.replaceAll(/[:.]/g, '-')}.raw.json`;
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  writeFileSync(file, JSON.stringify({ summary, measurements }, rounded));
  return file;
}
