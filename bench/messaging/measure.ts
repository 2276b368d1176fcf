/** `npm run bench -- messaging`: orders by HTTP and by each broker beside hand-written queues, and the events that go out. */
import { missingFor, type EngineName } from '../engines/index.ts';
import { checkEnd } from '../measure/final-checks.ts';
import { untilInterrupted } from '../lib/interrupt.ts';
import { describeMachine } from '../lib/machine.ts';
import type { MessagingOptions } from '../options.ts';
import { watchOtherLoad } from '../lib/other-load.ts';
import { pairsToMarkdown, sheetsToMarkdown } from '../report/markdown.ts';
import { publishPart } from '../report/document.ts';
import { printPairs, printSheets } from '../report/print.ts';
import { contextPairs } from '../compare/tables.ts';
import type { RunningVariant } from '../system/running-variant.ts';
import { expectEqual } from '../measure/sandbox-records.ts';
import { startSystem } from '../system/system.ts';
import { tellSince } from '../lib/progress.ts';
import { measureRelay } from './relay.ts';
import { measureWays, type WayMeasurement, type WayRun } from './rounds.ts';
import { startWays } from './running-transports.ts';
import { sheetsOfMessaging } from './tables.ts';
import { summariseMessaging } from './summary.ts';

/** Whose events are brought out, a round. */
const RELAYED = 5_000;
const RELAYED_QUICKLY = 1_000;

export async function measureMessaging({ quick, plan }: MessagingOptions): Promise<void> {
  const signal = untilInterrupted();
  const startedAt = new Date();
  const tell = tellSince(startedAt);
  const { engines, leftOut } = available();
  for (const line of leftOut) tell(`left out: ${line}`);

  const system = await startSystem(engines, tell);
  try {
    const otherLoad = watchOtherLoad();
    const measurements = await measureOrders({ system, plan, signal, tell });
    const orders = quick ? RELAYED_QUICKLY : RELAYED;
    const relay = await measureRelay({ system, rounds: plan.rounds, orders, signal, tell });

    const context = {
      measuredAt: startedAt.toISOString(),
      quick,
      plan,
      machine: await describeMachine(system.pool, otherLoad()),
      engines: [...system.engines.values()].map(({ version }) => version),
      leftOut,
    };
    const summary = summariseMessaging(context, measurements, relay);
    const [sheets, pairs] = [sheetsOfMessaging(summary), contextPairs(summary)];
    printPairs(process.stdout, pairs);
    printSheets(process.stdout, sheets);
    if (!quick && leftOut.length === 0)
      await publishPart('messaging', summary, `${sheetsToMarkdown(sheets)}\n\n${pairsToMarkdown(pairs)}`);
  } finally {
    await system.stop();
  }
}

/** Every way, and what has become of every order. @throws {WrongResult} unless each was paid once */
async function measureOrders(run: Omit<WayRun, 'running'>): Promise<WayMeasurement[]> {
  const { system, tell } = run;
  const running = await startWays(system, tell);
  try {
    const { measurements, sold } = await measureWays({ ...run, running: running.ways });
    tell(`checked: ${await checkEnd(running.variants, sold, new Set())}`);
    for (const variant of running.variants) await checkNothingRefused(variant);
    return measurements;
  } finally {
    await running.stop();
  }
}

/** Temporal as in production, or its development server where that cannot be built; and the brokers that are there. */
function available(): { engines: EngineName[]; leftOut: string[] } {
  const engines: EngineName[] = [];
  const leftOut: string[] = [];
  for (const name of ['temporal-postgres', 'rabbitmq', 'kafka'] as const) {
    const missing = missingFor(name);
    if (missing === undefined) engines.push(name);
    else leftOut.push(missing);
    if (missing !== undefined && name === 'temporal-postgres') engines.push('temporal-dev');
  }
  return { engines, leftOut };
}

/** Each message was an order, and none is kept to be tried again. */
async function checkNothingRefused({ title, pool }: RunningVariant): Promise<void> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::int8 as n from dead_letters');
  expectEqual(`${title}: dead letters`, rows[0]?.n ?? 0, 0);
}
