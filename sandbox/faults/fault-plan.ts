/**
 * 500: the endpoint had begun to execute. 503 and 429: it had not. At Stripe a 500 is therefore stored under the idempotency key.
 */
export const FAILURE_STATUSES = [500, 503, 429] as const;
export type FailureStatus = (typeof FAILURE_STATUSES)[number];

export interface FaultSettings<Kind> {
  /** Milliseconds by which every request that takes money (a payment, a label) is delayed. */
  latencyMs: number;
  /** How many of the next POST requests fail without effect. */
  failNext: number;
  /** The status of these failures; `null`: a 500 from before the endpoint began to execute. */
  failNextWith: FailureStatus | null;
  /** For how many of the next requests the connection is closed before the request is executed. */
  dropBefore: number;
  /** For how many of the next requests the connection is closed after the request was executed and stored. */
  dropAfter: number;
  /** The only kind of request with faults; `null`: all kinds, except that `failNext` does not apply to GET requests. */
  only: Kind | null;
}

/** The faults of one simulated service, which the control endpoints configure. They are in memory only: a restart clears them. */
export class FaultPlan<Kind extends string> {
  readonly settings: FaultSettings<Kind>;
  /** The kinds of request that faults can be limited to. */
  readonly kinds: readonly Kind[];
  readonly #reads: readonly Kind[];

  /** @param reads the kinds of GET requests */
  constructor(kinds: readonly Kind[], reads: readonly Kind[]) {
    this.settings = noFaults();
    this.kinds = kinds;
    this.#reads = reads;
  }

  reset(): void {
    Object.assign(this.settings, noFaults());
  }

  /** Whether this request must fail. Counts down the failures. */
  protected shouldFail(kind: Kind | undefined): boolean {
    const isRead = kind !== undefined && this.#reads.includes(kind);
    return !(this.settings.only === null && isRead) && this.#consume('failNext', kind);
  }

  /** Whether to close the connection of this request now. Counts down the drops. */
  shouldDrop(when: 'dropBefore' | 'dropAfter', kind: Kind | undefined): boolean {
    return this.#consume(when, kind);
  }

  #consume(what: 'failNext' | 'dropBefore' | 'dropAfter', kind: Kind | undefined): boolean {
    const { only } = this.settings;
    if (this.settings[what] === 0 || (only !== null && only !== kind)) return false;
    this.settings[what] -= 1;
    return true;
  }
}

const noFaults = (): FaultSettings<never> => ({
  latencyMs: 0,
  failNext: 0,
  failNextWith: null,
  dropBefore: 0,
  dropAfter: 0,
  only: null,
});
