import type { Finding } from './text/document.ts';

/** What documents name although nothing here has it. Each name must still be needed: a test says which are not. */
export const EXCEPTIONS: readonly { readonly names: readonly string[]; readonly reason: string }[] = [
  {
    names: ['dev.json', 'workflow-bundle.js'],
    reason: 'npm start and npm run dev write them to their data folder',
  },
  {
    names: ['reply_to', 'correlation_id'],
    reason: 'properties of AMQP, which its client for Node writes in another way',
  },
  { names: ['curve_serverkey', 'curve_publickey', 'curve_secretkey'], reason: 'options of pyzmq' },
  {
    names: ['npx openapi-typescript', 'npx tsc', 'checkout.d.ts'],
    reason: 'a reader who generates a client has them in a folder of their own',
  },
  { names: ['pg_dump', 'pg_snapshot_xmin'], reason: 'a program and a function of PostgreSQL' },
  { names: ['GOGC=400'], reason: 'a variable of Go, which was tried on the Temporal server' },
  { names: ['NO_COLOR=1'], reason: 'Node itself reads it' },
  { names: ['dist/bundled.js'], reason: 'a file that the package in vendor does not have' },
  { names: ['allowScripts'], reason: 'a setting of npm that this project does not use' },
  { names: ['/metrics'], reason: 'served by every process on a port of its own, and not by the API' },
  { names: ['/proc'], reason: 'a folder of Linux' },
];

const excepted = new Set(EXCEPTIONS.flatMap(({ names }) => names));

export const isExcepted = ({ named }: Finding): boolean => excepted.has(named);
