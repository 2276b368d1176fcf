/** What the control endpoints change while the sandbox runs. Held in memory only: a restart ends it all. */
export class Faults {
  /** Milliseconds that the creating or confirming of every PaymentIntent takes longer. */
  latencyMs = 0;
  /** How many of the next POSTs to the Stripe API answer 500 without effect, not stored under their key. */
  failNext = 0;
  readonly outage = new Outage();
}

/**
 * The outage that `pm_sandbox_outage` meets. It has no end until one is announced. A restart ends it for whoever met it
 * before: their marks are then on file and not among those of this run.
 */
export class Outage {
  readonly #metInThisRun = new Set<string>();
  #until: number | undefined;

  /** Unix milliseconds of the end; a moment in the past ends the outage now. */
  endAt(until: number): void {
    this.#until = until;
  }

  /** `metBefore` says whether the mark is on file. */
  strikes(mark: string, metBefore: boolean): boolean {
    if (this.#until !== undefined) return Date.now() < this.#until;
    if (metBefore && !this.#metInThisRun.has(mark)) return false;
    this.#metInThisRun.add(mark);
    return true;
  }
}
