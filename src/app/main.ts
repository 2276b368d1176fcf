/** The process: the API, the workers, or all in one, as CHECKOUT_ROLES says. */
import { checkAddresses } from '../adapters/brokers/brokers.ts';
import { configOrExit, ConfigurationError, loadConfig } from '../platform/config.ts';
import { createLogger } from '../platform/logging.ts';
import { runProcess } from './process.ts';

const config = configOrExit(() => {
  const loaded = loadConfig();
  if (loaded.databaseUrl === undefined)
    throw new ConfigurationError('DATABASE_URL must be set for this process.');
  checkAddresses(loaded.brokers);
  return loaded;
});
const logger = createLogger({ level: config.logLevel, component: config.roles.join('+') });

try {
  await runProcess(config, config.databaseUrl ?? '', logger);
} catch (error) {
  logger.fatal({ err: error }, 'could not start');
  process.exit(1);
}
