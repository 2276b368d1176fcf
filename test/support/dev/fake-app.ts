import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { portInUse, reportPortInUse } from '../../../src/platform/port-in-use.ts';

/**
 * A fake application for tests of `npm start`: it reports that it is ready, answers requests on PORT with its DATABASE_URL, and
 * appends its signals to the file in FAKE_APP_LOG. With FAKE_APP_IGNORES_SIGTERM=1 it does not end at SIGTERM. It does not
 * start with FAKE_APP_FAILS=1, nor with FAKE_APP_PORT_TAKEN=1, where another server takes its port first.
 */
if (process.env['FAKE_APP_FAILS'] === '1') process.exit(3);

const log = (line: string): void => {
  const file = process.env['FAKE_APP_LOG'];
  if (file !== undefined) appendFileSync(file, `${process.pid} ${line}\n`);
};
const server = createServer((_request, response) => {
  response.end(process.env['DATABASE_URL']);
});
if (process.env['FAKE_APP_PORT_TAKEN'] === '1') {
  const other = createServer().listen(Number(process.env['PORT']), '127.0.0.1');
  await once(other, 'listening');
}
server.on('error', (error) => {
  void reportPortInUse(portInUse(error) ?? 0).then(() => process.exit(1));
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  log('ready');
  process.send?.({ type: 'ready' });
});
process.on('SIGTERM', () => {
  log('SIGTERM');
  if (process.env['FAKE_APP_IGNORES_SIGTERM'] !== '1') process.exit(0);
});
process.on('disconnect', () => {
  log('disconnect');
  process.exit(0);
});
