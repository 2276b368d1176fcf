import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';
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

export type MessagingOptions = Pick<Options, 'quick' | 'plan'>;

/** What a command line asks for. */
export type Asked =
  | { readonly command: 'compare'; readonly options: Options }
  | { readonly command: 'messaging'; readonly options: MessagingOptions };

/** The whole run takes about half an hour on two cores, with `--quick` about six minutes. */
const FULL = { rounds: 3, seconds: 5 };
const QUICK = { rounds: 1, seconds: 2 };
const QUICK_SCENARIOS = ['crowd', 'alone', 'tail', 'thousand', 'hot'];

interface Given {
  quick: boolean;
  rounds?: number;
  seconds?: number;
}

/** @param args after the script's name */
export function parseArguments(args: readonly string[]): Asked {
  const names = SCENARIOS.map(({ name }) => name);
  let asked: Asked | undefined;
  const program = withPlan(new Command('npm run bench --'))
    .description('measures this checkout and other ways to build it side by side')
    .option('--only <variants>', `comma-separated: ${VARIANTS.join(', ')}`, listOf(VARIANTS))
    .option('--scenarios <names>', `comma-separated: ${names.join(', ')}`, listOf(names))
    // What stands behind a command's name is the command's.
    .enablePositionalOptions()
    .action((given: Given & { only?: VariantName[]; scenarios?: string[] }) => {
      const { quick, only, scenarios } = given;
      asked = {
        command: 'compare',
        options: {
          quick,
          variants: only ?? VARIANTS,
          scenarios: scenarios ?? (quick ? QUICK_SCENARIOS : names),
          plan: planOf(given),
        },
      };
    });
  withPlan(program.command('messaging'))
    .description(
      'measures orders by HTTP and by each broker, hand-written queues, and the events that go out',
    )
    .action((given: Given) => {
      asked = { command: 'messaging', options: { quick: given.quick, plan: planOf(given) } };
    });
  program.parse([...args], { from: 'user' });
  if (!asked) throw new TypeError('nothing was asked for');
  return asked;
}

const withPlan = (command: Command): Command =>
  command
    .option('--quick', 'a first impression; keeps the last full run in docs/performance.md', false)
    .option('--rounds <n>', `default ${FULL.rounds}, with --quick ${QUICK.rounds}`, wholeNumber(1))
    .option(
      '--seconds <n>',
      `a load, default ${FULL.seconds}, with --quick ${QUICK.seconds}`,
      wholeNumber(1),
    );

function planOf({ quick, ...given }: Given): Plan {
  const { rounds, seconds } = { ...(quick ? QUICK : FULL), ...given };
  return { rounds, loadMs: seconds * 1_000 };
}

const listOf =
  <T extends string>(known: readonly T[]) =>
  (value: string): T[] =>
    value.split(',').map((name) => {
      const found = known.find((each) => each === name);
      if (found === undefined) throw new InvalidArgumentError(`It takes ${known.join(', ')}.`);
      return found;
    });
