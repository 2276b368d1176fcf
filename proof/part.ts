import type { Logger } from '../src/platform/logging.ts';
import type { Built } from './built.ts';

/** What every part of the proof is given. */
export interface ProofContext {
  /** A small form, for the tests and a first impression. */
  readonly quick: boolean;
  /** Everything that is left to chance is drawn from it, so that a run can be repeated. */
  readonly seed: number;
  /** How often each crash point. */
  readonly repeats: number;
  /** A folder of the part's own, removed afterwards unless something went wrong. */
  readonly folder: string;
  readonly logger: Logger;
  readonly temporalCli: string;
  /** The worker process under test, translated once. */
  built(): Promise<Built>;
  /** Prints where the part stands, now and then. */
  progress(done: number, total: number, note?: string): void;
}

export interface Part {
  /** For `--only`. */
  readonly name: string;
  run(context: ProofContext): Promise<PartResult>;
}

/** How long after the end of a fault everything was as it has to be, in milliseconds. */
export interface Recovery {
  readonly kind: string;
  readonly ms: number;
}

/** A promise that was not kept. */
export interface Violation {
  /** Where: the crash point, the fault, the sequence of the model. */
  readonly at: string;
  readonly what: string;
}

export interface Planted {
  readonly name: string;
  /** What caught it; undefined: nothing did. */
  readonly caughtBy: string | undefined;
}

export interface PartResult {
  /** A heading of the report. */
  readonly title: string;
  /** How often each kind of fault was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly orders: number;
  readonly recoveries: readonly Recovery[];
  readonly violations: readonly Violation[];
  readonly planted?: readonly Planted[];
  /** What a reader has to know beside the figures, a sentence each. */
  readonly notes: readonly string[];
}
