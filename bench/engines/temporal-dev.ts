import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporalCliPath } from '../../dev/temporal/cli.ts';
import { startTemporal } from '../../dev/temporal/server.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { versionOf } from './server.ts';
import { namespaceFor } from './temporal-namespace.ts';

/** Starts Temporal's development server with its state in a file, as `npm start` does. */
export async function startTemporalDev({ folder, logger }: EngineOptions): Promise<Engine> {
  mkdirSync(folder, { recursive: true });
  const cli = await temporalCliPath({
    given: process.env['TEMPORAL_CLI'],
    dataDir: resolve('.data'),
    logger,
  });
  const server = await startTemporal({
    cli,
    port: 0,
    uiPort: 0,
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    namespace: 'default',
    logger,
  });
  return {
    version: `Temporal development server, CLI ${versionOf(cli, ['--version'], /version (.+)/) ?? 'unknown'}`,
    pids: [server.pid],
    envFor: (variant) => namespaceFor(server.address, variant),
    databases: [],
    stop: () => server.stop(),
  };
}
