import { join } from 'node:path';
import { startTemporal } from '../../../dev/temporal/server.ts';
import { createLogger } from '../../../src/platform/logging.ts';

/** Starts a Temporal server and runs until it is killed: `temporal-process.ts <CLI> <folder>`. */
const [cli = '', folder = ''] = process.argv.slice(2);
const server = await startTemporal({
  cli,
  port: 0,
  uiPort: 0,
  dbFile: join(folder, 'temporal.db'),
  logFile: join(folder, 'temporal.log'),
  namespace: 'default',
  logger: createLogger({ level: 'info' }),
});
process.stdout.write(`pid ${server.pid}\n`);
setInterval(() => undefined, 1000);
