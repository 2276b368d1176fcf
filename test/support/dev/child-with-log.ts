import { startNodeChild } from '../../../dev/processes/node-child.ts';

/** Starts a process that logs a line, as `npm start` starts its parts. */
await (
  await startNodeChild({ entry: 'test/support/platform/log-process', env: process.env, graceMs: 1000 })
).stop();
