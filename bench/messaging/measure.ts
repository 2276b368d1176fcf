import type { EngineName } from '../engines/engine.ts';
import { installHint } from '../engines/index.ts';
import { expectEqual } from '../lib/expect-equal.ts';
import { installPackages } from '../lib/install-packages.ts';
import { abortOnInterrupt } from '../lib/interrupt.ts';
import { describeMachine } from '../lib/machine.ts';
import { measureOtherLoad } from '../lib/other-load.ts';
import { createLog } from '../lib/progress.ts';
import { checkFinalState } from '../measure/final-checks.ts';
import type { Plan } from '../measure/plan.ts';
import { contextPairs } from '../measure/run-context.ts';
import { publishPart } from '../report/document.ts';
import { pairsToMarkdown, tablesToMarkdown } from '../report/markdown.ts';
import { printPairs, printTables } from '../report/print.ts';
import { startSystem } from '../system/system.ts';
import type { RunningVariant } from '../system/variant.ts';
import { measureRelay } from './relay.ts';
import { measureTransports, type TransportMeasurement, type TransportRoundsOptions } from './rounds.ts';
import { startTransports } from './running-transports.ts';
import { summariseMessaging } from './summary.ts';
import { messagingTables } from './tables.ts';

export interface MessagingOptions {
  readonly quick: boolean;
  readonly plan: Plan;
}

/** Orders whose events the relay publishes in each round. */
const RELAYED_ORDERS = 5_000;
const RELAYED_ORDERS_QUICK = 1_000;

/** Measures orders by HTTP and by each broker, the hand-written queues, and the relay. */
export async function measureMessaging({ quick, plan }: MessagingOptions): Promise<void> {
  const signal = abortOnInterrupt();
  const startedAt = new Date();
  const log = createLog(startedAt);
  const { engines, skipped } = chooseEngines();
  for (const line of skipped) log(`skipped: ${line}`);
  if (engines.includes('rabbitmq')) await installPackages(log);

  const system = await startSystem(engines, log);
  try {
    const otherLoad = measureOtherLoad();
    const measurements = await measureOrders({ system, plan, signal, log });
    const orders = quick ? RELAYED_ORDERS_QUICK : RELAYED_ORDERS;
    const relay = await measureRelay({ system, rounds: plan.rounds, orders, signal, log });

    const context = {
      measuredAt: startedAt.toISOString(),
      quick,
      plan,
      machine: await describeMachine(system.pool, otherLoad()),
      engines: [...system.engines.values()].map(({ version }) => version),
      skipped,
    };
    const summary = summariseMessaging(context, measurements, relay);
    const [tables, pairs] = [messagingTables(summary), contextPairs(summary)];
    printPairs(process.stdout, pairs);
    printTables(process.stdout, tables);
    if (!quick && skipped.length === 0)
      await publishPart(
        { part: 'messaging' },
        summary,
        `${tablesToMarkdown(tables)}\n\n${pairsToMarkdown(pairs)}`,
      );
  } finally {
    await system.stop();
  }
}

/** Measures every transport, then checks what became of every order. @throws {WrongResult} unless each was paid once */
async function measureOrders(
  options: Omit<TransportRoundsOptions, 'running'>,
): Promise<TransportMeasurement[]> {
  const { system, log } = options;
  const running = await startTransports(system, log);
  try {
    const { measurements, counts } = await measureTransports({ ...options, running: running.transports });
    log(`checked: ${await checkFinalState(running.variants, counts, new Set())}`);
    for (const variant of running.variants) await checkNoDeadLetters(variant);
    return measurements;
  } finally {
    await running.stop();
  }
}

/**
 * Temporal's production server, or its development server where the production server cannot be built; and the brokers that are
 * installed.
 */
function chooseEngines(): { engines: EngineName[]; skipped: string[] } {
  const engines: EngineName[] = [];
  const skipped: string[] = [];
  for (const name of ['temporal-postgres', 'rabbitmq', 'kafka'] as const) {
    const hint = installHint(name);
    if (hint === undefined) engines.push(name);
    else skipped.push(hint);
    if (hint !== undefined && name === 'temporal-postgres') engines.push('temporal-dev');
  }
  return { engines, skipped };
}

/** No message was refused, and none waits for a retry. */
async function checkNoDeadLetters({ title, pool }: RunningVariant): Promise<void> {
  const { rows } = await pool.query<{ n: number }>('select count(*)::int8 as n from dead_letters');
  expectEqual(`${title}: dead letters`, rows[0]?.n ?? 0, 0);
}
