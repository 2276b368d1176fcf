/** How long after the end of a fault everything was correct again, in milliseconds. */
export interface Recovery {
  readonly kind: string;
  readonly ms: number;
}

/** A promise that was broken. */
export interface Violation {
  /** Where: the crash point, the fault, the list of commands. */
  readonly at: string;
  readonly what: string;
}

export interface MutationResult {
  readonly name: string;
  /** What caught the mutation; undefined when nothing did. */
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
  readonly mutations?: readonly MutationResult[];
  /** What a reader has to know besides the figures, a sentence each. */
  readonly notes: readonly string[];
}
