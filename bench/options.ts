import { Command } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import type { Plan } from './rounds.ts';

export interface Options {
  readonly quick: boolean;
  readonly plan: Plan;
}

/** The whole run takes about seven minutes on two cores, with `--quick` about ninety seconds. */
const FULL = { rounds: 7, orders: 500 };
const QUICK = { rounds: 2, orders: 250 };

/** Of the orders at 50 in flight, as long as they take one at a time. */
const ALONE = 0.1;
const WARM_UP = 0.2;

/** @param args after the script's name */
export function parseOptions(args: readonly string[]): Options {
  const command = new Command('npm run bench --')
    .description('measures this checkout, plain Temporal and an empty workflow side by side')
    .option('--quick', 'a first impression; keeps the last full run in docs/performance.md', false)
    .option('--rounds <n>', `default ${FULL.rounds}, with --quick ${QUICK.rounds}`, wholeNumber(1))
    .option('--orders <n>', `a round, default ${FULL.orders}, with --quick ${QUICK.orders}`, wholeNumber(50))
    .parse([...args], { from: 'user' });
  const { quick, ...given } = command.opts<{ quick: boolean; rounds?: number; orders?: number }>();
  const { rounds, orders } = { ...(quick ? QUICK : FULL), ...given };
  const warmUp = Math.round(orders * WARM_UP);
  return {
    quick,
    plan: { rounds, orders, ordersAlone: Math.round(orders * ALONE), firstWarmUp: warmUp * 2, warmUp },
  };
}
