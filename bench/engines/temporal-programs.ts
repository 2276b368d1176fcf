import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../dev/tools/cache-folder.ts';
import type { Logger } from '../../src/platform/logging.ts';

/** Later ones want a newer Go than Debian's and than most machines have. */
export const TEMPORAL_SERVER = '1.32.1';

export interface TemporalPrograms {
  readonly server: string;
  /** Makes and updates the schema. */
  readonly sqlTool: string;
}

const MODULE = 'go.temporal.io/server/cmd';
const TELL_EVERY_MS = 15_000;

const folder = (): string => join(cacheFolder(), `temporal-server-${TEMPORAL_SERVER}`);

const programsIn = (bin: string): TemporalPrograms => ({
  server: join(bin, 'server'),
  sqlTool: join(bin, 'sql'),
});

const isThere = ({ server, sqlTool }: TemporalPrograms): boolean => existsSync(server) && existsSync(sqlTool);

export const missingTemporalPrograms = (): string | undefined =>
  isThere(programsIn(folder())) || spawnSync('go', ['version']).status === 0
    ? undefined
    : 'Temporal server on PostgreSQL: install Go, with which it is built once';

/** Of the cache; built there from Go's modules the first time, which takes some ten minutes on two cores. */
export async function temporalPrograms(logger: Logger): Promise<TemporalPrograms> {
  const bin = folder();
  const programs = programsIn(bin);
  if (isThere(programs)) return programs;
  mkdirSync(bin, { recursive: true });
  const began = Date.now();
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - began) / 1000);
    logger.warn(`building the Temporal server ${TEMPORAL_SERVER}: ${seconds} s`);
  }, TELL_EVERY_MS);
  try {
    for (const program of ['server', 'tools/sql']) await install(`${MODULE}/${program}`, bin);
  } finally {
    clearInterval(progress);
  }
  return programs;
}

async function install(path: string, bin: string): Promise<void> {
  const go = spawn('go', ['install', `${path}@v${TEMPORAL_SERVER}`], {
    env: { ...process.env, GOBIN: bin },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  go.stderr.on('data', (data) => (said = `${said}${String(data)}`.slice(-2_000)));
  const status = await new Promise<number | null>((resolve, reject) => {
    go.once('error', reject);
    go.once('close', resolve);
  });
  if (status !== 0) throw new Error(`go install ${path} ended with ${String(status)}: ${said.trim()}`);
}
