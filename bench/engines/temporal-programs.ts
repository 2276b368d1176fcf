import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../dev/tools/cache-folder.ts';
import type { Logger } from '../../src/platform/logging.ts';

/** Later versions need a newer Go than Debian and most machines have. */
export const TEMPORAL_SERVER_VERSION = '1.32.1';

export interface TemporalPrograms {
  readonly server: string;
  /** Creates and updates the schema. */
  readonly sqlTool: string;
}

const MODULE = 'go.temporal.io/server/cmd';
const PROGRESS_INTERVAL_MS = 15_000;

const folder = (): string => join(cacheFolder(), `temporal-server-${TEMPORAL_SERVER_VERSION}`);

const programsIn = (bin: string): TemporalPrograms => ({
  server: join(bin, 'server'),
  sqlTool: join(bin, 'sql'),
});

const areInstalled = ({ server, sqlTool }: TemporalPrograms): boolean =>
  existsSync(server) && existsSync(sqlTool);

export const temporalInstallHint = (): string | undefined =>
  areInstalled(programsIn(folder())) || spawnSync('go', ['version']).status === 0
    ? undefined
    : 'Temporal server on PostgreSQL: install Go, which builds the server once';

/** The programs in the cache. The first call builds them from Go modules, which takes about ten minutes on two cores. */
export async function temporalPrograms(logger: Logger): Promise<TemporalPrograms> {
  const bin = folder();
  const programs = programsIn(bin);
  if (areInstalled(programs)) return programs;
  mkdirSync(bin, { recursive: true });
  const startedAt = Date.now();
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    logger.warn(`building the Temporal server ${TEMPORAL_SERVER_VERSION}: ${seconds} s`);
  }, PROGRESS_INTERVAL_MS);
  try {
    for (const program of ['server', 'tools/sql']) await install(`${MODULE}/${program}`, bin);
  } finally {
    clearInterval(progress);
  }
  return programs;
}

async function install(path: string, bin: string): Promise<void> {
  const go = spawn('go', ['install', `${path}@v${TEMPORAL_SERVER_VERSION}`], {
    env: { ...process.env, GOBIN: bin },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  go.stderr.on('data', (data) => (output = `${output}${String(data)}`.slice(-2_000)));
  const status = await new Promise<number | null>((resolve, reject) => {
    go.once('error', reject);
    go.once('close', resolve);
  });
  if (status !== 0) throw new Error(`go install ${path} ended with ${String(status)}: ${output.trim()}`);
}
