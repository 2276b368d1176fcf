import type { Command } from 'commander';
import { loadConfig } from '../../platform/config.ts';
import { createLogger, type Logger } from '../../platform/logging.ts';
import { messageOf } from '../../../harness/api/errors.ts';
import { CliError } from '../support/errors.ts';
import { writeLine, type Terminal } from '../output/terminal.ts';

/** `checkout migrate`: brings the schema at DATABASE_URL up to date. Safe to run again, and by several at once. */
export function registerMigrate(program: Command, terminal: Terminal): void {
  program
    .command('migrate')
    .description('bring the database at DATABASE_URL up to date')
    .option('--demo', 'put the demo catalogue on the shelf, where it is not there yet')
    .action(async ({ demo = false }: { demo?: boolean }) => {
      const { databaseUrl, logLevel } = loadConfig(terminal.env, '.env');
      if (databaseUrl === undefined)
        throw new CliError(
          'database_url_required',
          'DATABASE_URL must be set: postgresql://user:password@host:5432/database.',
        );
      await bringUpToDate(databaseUrl, demo, createLogger({ level: logLevel, component: 'migrate' })).catch(
        (error: unknown) => {
          const message = `The database could not be brought up to date: ${messageOf(error)}`;
          throw new CliError('migration_failed', message, { cause: error });
        },
      );
      writeLine(terminal.stdout, `The database is up to date${demo ? ', with the demo catalogue' : ''}.`);
    });
}

async function bringUpToDate(databaseUrl: string, demo: boolean, logger: Logger): Promise<void> {
  // Loaded only here: the other commands start faster without the database client.
  const { migrate } = await import('../../adapters/postgres/migrate.ts');
  await migrate(databaseUrl, logger);
  if (!demo) return;
  const { seedDemoCatalogue } = await import('../../adapters/postgres/demo-catalogue.ts');
  await seedDemoCatalogue(databaseUrl);
}
