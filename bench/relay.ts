/** `npm run bench:relay`: measures only the relay, as `npm run bench -- messaging` does among others. */
import { installHint } from './engines/index.ts';
import { abortOnInterrupt } from './lib/interrupt.ts';
import { createLog } from './lib/progress.ts';
import { measureRelay } from './messaging/relay.ts';
import { relayFigures } from './messaging/summary.ts';
import { relayTable } from './messaging/tables.ts';
import { printTables } from './report/print.ts';
import { startSystem } from './system/system.ts';

const ROUNDS = 3;
const ORDERS = 5_000;

const log = createLog(new Date());
const brokers = (['rabbitmq', 'kafka'] as const).filter((name) => {
  const hint = installHint(name);
  if (hint !== undefined) log(`skipped: ${hint}`);
  return hint === undefined;
});
const system = await startSystem(brokers, log);
try {
  const options = { system, rounds: ROUNDS, orders: ORDERS, signal: abortOnInterrupt(), log };
  printTables(process.stdout, [relayTable(relayFigures(await measureRelay(options)))]);
} finally {
  await system.stop();
}
