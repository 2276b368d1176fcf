import { configOrExit, loadConfig } from '../../../src/platform/config.ts';
import { createLogger } from '../../../src/platform/logging.ts';

/** Logs one line as a process of the system does. */
const { logLevel, logFormat } = configOrExit(loadConfig);
const logger = createLogger({ level: logLevel, format: logFormat, component: 'test' });
logger.info({ orderId: 'o-1', code: 7 }, 'the order is placed');
process.send?.({ type: 'ready' });
