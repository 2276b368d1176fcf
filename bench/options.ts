import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';
import type { CompareOptions } from './compare/compare.ts';
import { SCENARIOS } from './compare/scenarios.ts';
import type { Plan } from './measure/plan.ts';
import type { MessagingOptions } from './messaging/measure.ts';
import { VARIANTS, type VariantName } from './variants/catalogue.ts';

/** The command that a command line names, and its options. */
export type Invocation =
  | { readonly command: 'compare'; readonly options: CompareOptions }
  | { readonly command: 'messaging'; readonly options: MessagingOptions };

/** The full run takes about half an hour on two cores, with `--quick` about six minutes. */
const FULL = { rounds: 3, seconds: 5 };
const QUICK = { rounds: 1, seconds: 2 };
const QUICK_SCENARIOS = ['in-flight-50', 'in-flight-1', 'tail', 'thousand-items', 'hot-item'];

interface PlanFlags {
  quick: boolean;
  rounds?: number;
  seconds?: number;
}

/** @param args the arguments after the name of the script */
export function parseArguments(args: readonly string[]): Invocation {
  const names = SCENARIOS.map(({ name }) => name);
  let invocation: Invocation | undefined;
  const program = withPlanOptions(new Command('npm run bench --'))
    .description('measures this checkout and other ways to build it side by side')
    .option('--only <variants>', `comma-separated: ${VARIANTS.join(', ')}`, listOf(VARIANTS))
    .option('--scenarios <names>', `comma-separated: ${names.join(', ')}`, listOf(names))
    // Options after the name of a command belong to the command, although the program has options of the same names.
    .enablePositionalOptions()
    .action((flags: PlanFlags & { only?: VariantName[]; scenarios?: string[] }) => {
      const { quick, only, scenarios } = flags;
      invocation = {
        command: 'compare',
        options: {
          quick,
          variants: only ?? VARIANTS,
          scenarios: scenarios ?? (quick ? QUICK_SCENARIOS : names),
          plan: planOf(flags),
        },
      };
    });
  withPlanOptions(program.command('messaging'))
    .description('measures orders by HTTP and by each broker, hand-written queues, and the relay')
    .action((flags: PlanFlags) => {
      invocation = { command: 'messaging', options: { quick: flags.quick, plan: planOf(flags) } };
    });
  program.parse([...args], { from: 'user' });
  if (!invocation) throw new TypeError('the command line named no command');
  return invocation;
}

const withPlanOptions = (command: Command): Command =>
  command
    .option('--quick', 'a short run, which does not change docs/performance.md', false)
    .option(
      '--rounds <n>',
      `rounds to measure; default ${FULL.rounds}, with --quick ${QUICK.rounds}`,
      wholeNumber(1),
    )
    .option(
      '--seconds <n>',
      `duration of a load; default ${FULL.seconds}, with --quick ${QUICK.seconds}`,
      wholeNumber(1),
    );

function planOf({ quick, ...given }: PlanFlags): Plan {
  const { rounds, seconds } = { ...(quick ? QUICK : FULL), ...given };
  return { rounds, loadMs: seconds * 1_000 };
}

const listOf =
  <T extends string>(known: readonly T[]) =>
  (value: string): T[] =>
    value.split(',').map((name) => {
      const found = known.find((each) => each === name);
      if (found === undefined)
        throw new InvalidArgumentError(`"${name}" is unknown. Choose from ${known.join(', ')}.`);
      return found;
    });
