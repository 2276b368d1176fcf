import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Built } from '../system/built.ts';
import { REVIEW_ABOVE } from './catalogue.ts';

const SETTINGS = { REVIEW_ABOVE: `EUR=${REVIEW_ABOVE}`, AUDIT_SCHEDULE: 'off' };

/**
 * Writes a main file that runs the application of a compiled product as `npm start` does, with these settings and those that
 * every shop of the proof has. `product`: the folder with the compiled sources and the workflow bundle.
 */
export function applicationOf(product: string, folder: string, settings: Record<string, string> = {}): Built {
  mkdirSync(folder, { recursive: true });
  const workerFile = join(folder, 'application.mjs');
  writeFileSync(
    workerFile,
    `Object.assign(process.env, ${JSON.stringify({ ...SETTINGS, ...settings })});\n` +
      `await import(${JSON.stringify(pathToFileURL(join(product, 'app', 'main.js')).href)});\n`,
  );
  return { workerFile, workflowBundle: join(product, 'workflow-bundle.js') };
}
