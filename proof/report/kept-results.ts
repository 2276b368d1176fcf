import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PartResult } from './result.ts';

/** The result of the last full run of a part. */
export interface KeptResult extends PartResult {
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly seed: number;
}

const FOLDER = new URL('../results/', import.meta.url);
const fileOf = (part: string): string => fileURLToPath(new URL(`${part}.json`, FOLDER));

/** Each part is kept by itself, so that a part that fails does not lose the results of the others. */
export function keepResult(part: string, result: KeptResult): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(part), `${JSON.stringify(result)}\n`);
}

export function keptResult(part: string): KeptResult | undefined {
  if (!existsSync(fileOf(part))) return undefined;
  const kept = JSON.parse(readFileSync(fileOf(part), 'utf8')) as KeptResult;
  return { ...kept, startedAt: new Date(kept.startedAt), endedAt: new Date(kept.endedAt) };
}
