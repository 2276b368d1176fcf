import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PartResult } from './part.ts';

/** What a part came to when it was run last. */
export interface KeptResult extends PartResult {
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly seed: number;
}

const FOLDER = new URL('results/', import.meta.url);
const fileOf = (part: string): string => fileURLToPath(new URL(`${part}.json`, FOLDER));

/** A part takes long: what it has found must not be lost with another one. */
export function keepResult(part: string, result: KeptResult): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(part), `${JSON.stringify(result)}\n`);
}

export function keptResult(part: string): KeptResult | undefined {
  if (!existsSync(fileOf(part))) return undefined;
  const kept = JSON.parse(readFileSync(fileOf(part), 'utf8')) as KeptResult;
  return { ...kept, startedAt: new Date(kept.startedAt), endedAt: new Date(kept.endedAt) };
}
