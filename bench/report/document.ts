import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { replaceBetween } from './markdown.ts';

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));

const DOCUMENT = path('docs/performance.md');
const RESULTS = path('bench/results');

/** Keeps the results of a run, and puts its tables between the markers of the same name in docs/performance.md. */
export async function publishPart(
  { part, file = part }: { readonly part: string; readonly file?: string },
  results: object,
  text: string,
): Promise<void> {
  await writeFormatted(`${RESULTS}/${file}.json`, JSON.stringify(results));
  await updateDocument(part, text);
}

/** Puts generated text between the markers of that name in docs/performance.md. */
export const updateDocument = (part: string, text: string): Promise<void> =>
  writeFormatted(DOCUMENT, replaceBetween(readFileSync(DOCUMENT, 'utf8'), part, text));

/** Formatted as `npm run format` would, so that lint does not complain after a run. */
async function writeFormatted(file: string, content: string): Promise<void> {
  const config = await resolveConfig(file);
  writeFileSync(file, await format(content, { ...config, filepath: file }));
}
