import type { MigrationPlan } from '../../adapters/postgres/migrations/plan.ts';
import { duration } from '../support/options.ts';
import { messageOf } from '../../../harness/api/errors.ts';
import { CliError } from '../support/errors.ts';
import { writeLine } from '../output/terminal.ts';
import type { Define } from '../support/define.ts';

interface MigrateCommandOptions {
  demo?: boolean;
  dryRun?: boolean;
  lockTimeout?: number;
}

/** `checkout migrate`: brings the database at DATABASE_URL up to date. Safe to run again, and by several processes at once. */
export const define: Define = (command, terminal) => {
  command
    .option('--demo', 'add the items of the demo catalogue that do not exist yet')
    .option('--dry-run', 'print what would be done, and change nothing')
    .option(
      '--lock-timeout <time>',
      'how long a statement waits for the lock of a table before it is retried (default: 5s)',
      duration,
    )
    .action(async ({ demo = false, dryRun = false, lockTimeout }: MigrateCommandOptions) => {
      // Loaded only here: `--help` is printed faster without the configuration and the database client.
      const { loadConfig } = await import('../../platform/config.ts');
      const { databaseUrl, logLevel, logFormat } = loadConfig(terminal.env, '.env');
      if (databaseUrl === undefined)
        throw new CliError(
          'database_url_required',
          'DATABASE_URL must be set: postgresql://user:password@host:5432/database.',
        );
      const postgres = await import('../../adapters/postgres/migrations/migrate.ts');
      try {
        if (dryRun) {
          const plan = await postgres.dryRun(databaseUrl);
          for (const line of describePlan(plan)) writeLine(terminal.stdout, line);
          return;
        }
        const { createLogger } = await import('../../platform/logging.ts');
        const logger = createLogger({ level: logLevel, format: logFormat, component: 'migrate' });
        await postgres.migrate(databaseUrl, {
          logger,
          ...(lockTimeout !== undefined && { lockTimeoutMs: lockTimeout }),
        });
        if (demo) {
          const { seedDemoCatalogue } = await import('../../adapters/postgres/demo-catalogue.ts');
          await seedDemoCatalogue(databaseUrl);
        }
      } catch (error) {
        if (error instanceof postgres.UnsupportedDatabaseError)
          throw new CliError('unsupported_database', error.message, { cause: error });
        const message = `The database could not be brought up to date: ${messageOf(error)}`;
        throw new CliError('migration_failed', message, { cause: error });
      }
      writeLine(terminal.stdout, `The database is up to date${demo ? ', with the demo catalogue' : ''}.`);
    });
};

function describePlan({ migrations, functions, newerRelease, indexes }: MigrationPlan): string[] {
  const lines = [
    ...migrations.map((name) => `apply migration  db/migrations/${name}.sql`),
    ...(newerRelease === undefined ? [] : [`keep functions   of release ${newerRelease}, which is later`]),
    ...functions.map(({ file }) => `apply functions  db/${file}`),
    ...indexes.map(
      ({ name, invalid }) =>
        `build index      db/indexes/${name}.sql (concurrently${invalid ? ', again: an earlier build failed' : ''})`,
    ),
  ];
  return lines.length > 0 ? lines : ['The database is up to date.'];
}
