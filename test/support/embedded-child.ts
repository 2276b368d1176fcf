import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

/**
 * Stands for the application in tests of `npm start`: says that it is ready, answers on PORT, and writes what it went through to
 * CHILD_JOURNAL. CHILD_DEAF=1: does not end at SIGTERM. CHILD_FAILS=1: does not start.
 */
if (process.env['CHILD_FAILS'] === '1') process.exit(3);

const journal = (line: string): void => {
  const file = process.env['CHILD_JOURNAL'];
  if (file !== undefined) appendFileSync(file, `${process.pid} ${line}\n`);
};
const server = createServer((_request, response) => {
  response.end(process.env['DATABASE_URL']);
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  journal('ready');
  process.send?.({ type: 'ready' });
});
process.on('SIGTERM', () => {
  journal('SIGTERM');
  if (process.env['CHILD_DEAF'] !== '1') process.exit(0);
});
process.on('disconnect', () => {
  journal('disconnect');
  process.exit(0);
});
