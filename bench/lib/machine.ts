import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import type { Pool } from '../../src/adapters/postgres/pool.ts';

/** The machine and software of a run. Figures of different machines cannot be compared. */
export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly temporalSdk: string;
  readonly postgres: string;
  readonly fsync: string;
  /** Cores that were busy, on average, with processes outside the benchmark; null where the operating system does not report it. */
  readonly otherCores: number | null;
}

export async function describeMachine(pool: Pool, otherCores: number | undefined): Promise<Machine> {
  const { rows } = await pool.query<{ version: string; fsync: string }>(
    `select current_setting('server_version') as version, current_setting('fsync') as fsync`,
  );
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    temporalSdk: sdkVersion(),
    postgres: rows[0]?.version ?? 'unknown',
    fsync: rows[0]?.fsync ?? 'unknown',
    otherCores: otherCores ?? null,
  };
}

function sdkVersion(): string {
  const file = new URL('../../node_modules/@temporalio/worker/package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}
