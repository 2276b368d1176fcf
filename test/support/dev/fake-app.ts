import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * A fake application for tests of `npm start`: it reports that it is ready, answers requests on PORT with its DATABASE_URL, and
 * appends its signals to the file in FAKE_APP_LOG. With FAKE_APP_IGNORES_SIGTERM=1 it does not end at SIGTERM, with FAKE_APP_FAILS=1
 * it does not start.
 */
if (process.env['FAKE_APP_FAILS'] === '1') process.exit(3);

const log = (line: string): void => {
  const file = process.env['FAKE_APP_LOG'];
  if (file !== undefined) appendFileSync(file, `${process.pid} ${line}\n`);
};
const server = createServer((_request, response) => {
  response.end(process.env['DATABASE_URL']);
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
