import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from '../src/cli/options.ts';

export interface Options {
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly seed: number;
  /** How often each crash point. */
  readonly repeats: number;
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
      'kills, breaks and freezes everything the checkout stands on, and audits its books each time',
    )
    .option('--quick', 'a first impression; keeps the last full run in docs/proof.md', false)
    .option('--only <parts>', `comma-separated: ${parts.join(', ')}`, partsOf, [...parts])
    .option('--seed <n>', 'repeats a run', wholeNumber(1), Math.ceil(Math.random() * 1_000_000))
    .option('--repeats <n>', 'how often each crash point', wholeNumber(1), 20)
    .parse([...args], { from: 'user' });
  return command.opts<{ quick: boolean; only: string[]; seed: number; repeats: number }>();
}
