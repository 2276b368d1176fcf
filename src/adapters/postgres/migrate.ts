import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { Logger } from 'pino';

const MIGRATIONS = fileURLToPath(new URL('../../../migrations', import.meta.url));

/** Brings the schema up to date. Safe to run at any time and by several processes at once: one does it, the rest wait. */
export async function migrate(databaseUrl: string, logger?: Logger): Promise<void> {
  const migrations = await runner({
    databaseUrl,
    dir: MIGRATIONS,
    direction: 'up',
    migrationsTable: 'migrations',
    checkOrder: true,
    singleTransaction: true,
    advisoryLockMode: 'wait',
    log: (message: string) => logger?.trace(message),
  });
  for (const { name } of migrations) logger?.info({ migration: name }, 'migrated');
}
