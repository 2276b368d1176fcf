import { join } from 'node:path';
import { startTemporal } from '../../../dev/temporal/server.ts';
import { createLogger } from '../../../src/platform/logging.ts';

/** Starts a Temporal server and runs until it is killed: `temporal-process.ts <CLI> <folder> <port> <UI port>`. */
const [cli = '', folder = '', port, uiPort] = process.argv.slice(2);
const server = await startTemporal({
  cli,
  port: Number(port),
  uiPort: Number(uiPort),
  dbFile: join(folder, 'temporal.db'),
  logFile: join(folder, 'temporal.log'),
  namespace: 'default',
  logger: createLogger({ level: 'info' }),
});
process.stdout.write(`pid ${server.pid}\n`);
setInterval(() => undefined, 1000);
