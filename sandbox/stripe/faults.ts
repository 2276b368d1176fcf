import { FaultPlan } from '../faults/fault-plan.ts';
import { rateLimited, serverError, unavailable } from './failure.ts';
import type { StripeFailure } from './failure.ts';

/** The kinds of request to Stripe's API that faults can be limited to. `charge`: the creation or confirmation of a payment. */
export const REQUEST_KINDS = ['charge', 'refund', 'cancel', 'capture', 'retrieve', 'list'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** The faults of Stripe's API. */
export class Faults extends FaultPlan<RequestKind> {
  readonly outage = new Outage();

  constructor() {
    super(REQUEST_KINDS, ['retrieve', 'list']);
  }

  /** Returns the failure of this request, if it must fail. Counts down the failures. */
  failure(kind: RequestKind | undefined): StripeFailure | undefined {
    if (!this.shouldFail(kind)) return undefined;
    switch (this.settings.failNextWith) {
      case null:
        return serverError(false);
      case 500:
        return serverError(true);
      case 503:
        return unavailable();
      case 429:
        return rateLimited();
    }
  }
}

/**
 * The outage for payments with `pm_sandbox_outage`. It lasts until an end is set. A restart ends it for payments that it has already
 * affected: their marks are then in the journal and were not set in this run.
 */
class Outage {
  readonly #affectedInThisRun = new Set<string>();
  #until: number | undefined;

  /** Sets the end, in Unix milliseconds. A time in the past ends the outage now. */
  endAt(until: number): void {
    this.#until = until;
  }

  /** Whether the outage affects a payment. `isMarked`: whether the payment's mark is in the ledger. */
  affects(mark: string, isMarked: boolean): boolean {
    if (this.#until !== undefined) return Date.now() < this.#until;
    if (isMarked && !this.#affectedInThisRun.has(mark)) return false;
    this.#affectedInThisRun.add(mark);
    return true;
  }
}
