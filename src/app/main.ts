/** The entry of a process: runs the roles in CHECKOUT_ROLES. */
import { configOrExit, roles } from '../platform/config.ts';
import { createLogger } from '../platform/logging.ts';
import { loadProcessConfig } from './process-config.ts';
import { runProcess } from './process.ts';
import { reportStartFailure } from './start-failure.ts';

const config = configOrExit(loadProcessConfig);
const logger = createLogger({
  level: config.logLevel,
  format: config.logFormat,
  component: config.roles.length === roles.length ? 'app' : config.roles.join('+'),
});

try {
  await runProcess(config, logger);
} catch (error) {
  await reportStartFailure(error, config, logger);
  process.exit(1);
}
