import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import type { Logger } from 'pino';
import { packageRoot } from '../../platform/package-root.ts';

const MIGRATIONS = join(packageRoot(), 'migrations');

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
