import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../src/cli/support/options.ts';

export interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly seed: number;
  /** How often a process dies at each crash point. */
  readonly repeats: number;
  /** How long a slow neighbour is kept slow, in seconds. Undefined: five minutes, or some seconds with `quick`. */
  readonly hold?: number;
}

/** @param args after the script's name */
export function parseOptions(args: readonly string[], parts: readonly string[]): Options {
  const partsOf = (value: string): string[] => {
    const names = value.split(',');
    const unknown = names.find((name) => !parts.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`The parts are ${parts.join(', ')}.`);
    return names;
  };
  const command = new Command('npm run prove --')
    .description(
      'Kill, stop and disconnect every process and server of the checkout under load, and check after each fault that no order, no money, no stock and no parcel is lost.',
    )
    .option('--quick', 'run a small form of each part; results and docs/proof.md are not changed', false)
    .option(
      '--only <parts>',
      `run only these parts, comma-separated: ${parts.join(', ')} (default: all)`,
      partsOf,
    )
    .option('--seed <n>', 'the seed of all random choices, to repeat a run (default: random)', wholeNumber(1))
    .option('--repeats <n>', 'how often a process dies at each crash point', wholeNumber(1), 20)
    .option(
      '--hold <seconds>',
      'how long each slow neighbour is kept slow (default: 300, or 10 with --quick)',
      wholeNumber(1),
    )
    .parse([...args], { from: 'user' });
  const { only = parts, seed = randomSeed(), ...given } = command.opts<Given>();
  return { ...given, only, seed };
}

interface Given {
  quick: boolean;
  only?: string[];
  seed?: number;
  repeats: number;
  hold?: number;
}

const randomSeed = (): number => Math.ceil(Math.random() * 1_000_000);
