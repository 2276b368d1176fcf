import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Measurement } from '../compare/rounds.ts';
import type { Summary } from '../compare/summary.ts';
import { replaceBetween, toMarkdown } from './markdown.ts';
import { drawSummary } from '../compare/picture.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

export const DOCUMENT = path('docs/performance.md');
const PICTURE = path('docs/images/bench.svg');
const RESULTS = path('bench/results');

/** Every single response time, for whoever wants to look closer; not kept in git. */
export function writeRaw(summary: Summary, measurements: readonly Measurement[]): string {
  mkdirSync(RESULTS, { recursive: true });
  const file = `${RESULTS}/${summary.measuredAt.replaceAll(/[:.]/g, '-')}.raw.json`;
  const rounded = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  writeFileSync(file, JSON.stringify({ summary, measurements }, rounded));
  return file;
}

/** The run becomes the one that the documentation shows. */
export async function publish(summary: Summary): Promise<void> {
  await write(`${RESULTS}/latest.json`, JSON.stringify(summary));
  await updateDocument('bench', toMarkdown(summary));
  mkdirSync(path('docs/images'), { recursive: true });
  writeFileSync(PICTURE, drawSummary(summary));
}

/** A run that measured something of its own becomes the one that the documentation shows, between markers of that name. */
export async function publishPart(name: string, results: object, text: string): Promise<void> {
  await write(`${RESULTS}/${name}.json`, JSON.stringify(results));
  await updateDocument(name, text);
}

/** Puts generated text in its place in docs/performance.md. */
export const updateDocument = (name: string, text: string): Promise<void> =>
  write(DOCUMENT, replaceBetween(readFileSync(DOCUMENT, 'utf8'), name, text));

/** As `npm run format` would leave it, so that a run leaves nothing for lint to say. */
async function write(file: string, content: string): Promise<void> {
  const config = await resolveConfig(file);
  writeFileSync(file, await format(content, { ...config, filepath: file }));
}
