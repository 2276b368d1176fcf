/** The application as `npm run dev` runs it: with the workflow bundle that `npm run dev` keeps up to date. */
import { loadProcessConfig } from '../../src/app/process-config.ts';
import { runProcess } from '../../src/app/process.ts';
import { configOrExit } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { BUNDLE_VARIABLE } from './bundle-variable.ts';

const config = configOrExit(loadProcessConfig);
const logger = createLogger({ level: config.logLevel, component: config.roles.join('+') });
const codePath = process.env[BUNDLE_VARIABLE] ?? '';

try {
  await runProcess(config, logger, { workflowBundle: { codePath } });
} catch (error) {
  logger.fatal({ err: error }, 'the process could not start');
  process.exit(1);
}
