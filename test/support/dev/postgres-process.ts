import { startPostgres } from '../../../dev/postgres/postgres.ts';
import { createLogger } from '../../../src/platform/logging.ts';

/** Starts PostgreSQL, prints its pid and URL, and runs until it is stopped: `postgres-process.ts <data folder> <port>`. */
const [dataDir = '', port = ''] = process.argv.slice(2);
const server = await startPostgres({ dataDir, port: Number(port), logger: createLogger({ level: 'info' }) });
process.stdout.write(`${JSON.stringify({ pid: server.pid, url: server.url })}\n`);
process.on('SIGTERM', () => {
  void server.stop().then(() => process.exit(0));
});
setInterval(() => undefined, 1000);
