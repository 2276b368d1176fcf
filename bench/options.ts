import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';
import type { Plan } from './rounds.ts';
import { SCENARIOS } from './scenarios.ts';
import { VARIANTS, type VariantName } from './variants.ts';

export interface Options {
  readonly quick: boolean;
  readonly variants: readonly VariantName[];
  /** By name. */
  readonly scenarios: readonly string[];
  readonly plan: Plan;
}

/** The whole run takes about half an hour on two cores, with `--quick` about six minutes. */
const FULL = { rounds: 3, seconds: 5 };
const QUICK = { rounds: 1, seconds: 2 };
const QUICK_SCENARIOS = ['crowd', 'alone', 'tail', 'thousand', 'hot'];

/** @param args after the script's name */
export function parseOptions(args: readonly string[]): Options {
  const names = SCENARIOS.map(({ name }) => name);
  const command = new Command('npm run bench --')
    .description('measures this checkout and other ways to build it side by side')
    .option('--quick', 'a first impression; keeps the last full run in docs/performance.md', false)
    .option('--only <variants>', `comma-separated: ${VARIANTS.join(', ')}`, listOf(VARIANTS))
    .option('--scenarios <names>', `comma-separated: ${names.join(', ')}`, listOf(names))
    .option('--rounds <n>', `default ${FULL.rounds}, with --quick ${QUICK.rounds}`, wholeNumber(1))
    .option('--seconds <n>', `a load, default ${FULL.seconds}, with --quick ${QUICK.seconds}`, wholeNumber(1))
    .parse([...args], { from: 'user' });
  const { quick, only, ...given } = command.opts<{
    quick: boolean;
    only?: VariantName[];
    scenarios?: string[];
    rounds?: number;
    seconds?: number;
  }>();
  const { rounds, seconds } = { ...(quick ? QUICK : FULL), ...given };
  return {
    quick,
    variants: only ?? VARIANTS,
    scenarios: given.scenarios ?? (quick ? QUICK_SCENARIOS : names),
    plan: { rounds, loadMs: seconds * 1_000 },
  };
}

const listOf =
  <T extends string>(known: readonly T[]) =>
  (value: string): T[] =>
    value.split(',').map((name) => {
      const found = known.find((each) => each === name);
      if (found === undefined) throw new InvalidArgumentError(`It takes ${known.join(', ')}.`);
      return found;
    });
