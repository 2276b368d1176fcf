/** `npm run bench:relay`: the part of `npm run bench -- messaging` that measures the relay, alone. */
import { missingFor } from './engines/index.ts';
import { untilInterrupted } from './lib/interrupt.ts';
import { measureRelay } from './messaging/relay.ts';
import { relaySheet } from './messaging/tables.ts';
import { relayFigures } from './messaging/summary.ts';
import { printSheets } from './report/print.ts';
import { startSystem } from './system/system.ts';
import { tellSince } from './lib/progress.ts';

const ROUNDS = 3;
const ORDERS = 5_000;

const tell = tellSince(new Date());
const brokers = (['rabbitmq', 'kafka'] as const).filter((name) => {
  const missing = missingFor(name);
  if (missing !== undefined) tell(`left out: ${missing}`);
  return missing === undefined;
});
const system = await startSystem(brokers, tell);
try {
  const run = { system, rounds: ROUNDS, orders: ORDERS, signal: untilInterrupted(), tell };
  printSheets(process.stdout, [relaySheet(relayFigures(await measureRelay(run)))]);
} finally {
  await system.stop();
}
