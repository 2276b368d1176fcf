import type { Logger } from '../../src/platform/logging.ts';
import type { PartResult } from '../report/result.ts';
import type { Built } from '../system/built.ts';

/** What every part of the proof is given. */
export interface ProofContext {
  /** The small form, for the tests and a first impression. */
  readonly quick: boolean;
  /** Every random choice is drawn from it, so that a run can be repeated. */
  readonly seed: number;
  /** How often a process dies at each crash point. */
  readonly repeats: number;
  /** How long a slow neighbour is kept slow, in milliseconds. Undefined: as long as the part likes. */
  readonly holdMs: number | undefined;
  /** A folder for this part alone. It is removed at the end, unless a promise was broken. */
  readonly folder: string;
  readonly logger: Logger;
  readonly temporalCli: string;
  /** The worker process under test, compiled once. */
  built(): Promise<Built>;
  /** Prints from time to time how far the part is. */
  progress(done: number, total: number, note?: string): void;
}

export interface Part {
  /** The name that `--only` takes. */
  readonly name: string;
  run(context: ProofContext): Promise<PartResult>;
}
