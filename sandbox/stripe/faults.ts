import { rateLimited, serverError, unavailable } from './failure.ts';
import type { StripeFailure } from './failure.ts';

/** The kinds of request to Stripe's API that faults can be limited to. `charge`: the creation or confirmation of a payment. */
export const REQUEST_KINDS = ['charge', 'refund', 'cancel', 'capture', 'retrieve', 'list'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** 500: the endpoint had begun to execute, so the response is stored under the idempotency key. 503 and 429: it had not, so nothing is stored. */
export const FAILURE_STATUSES = [500, 503, 429] as const;
export type FailureStatus = (typeof FAILURE_STATUSES)[number];

interface FaultSettings {
  /** Milliseconds by which every creation or confirmation of a PaymentIntent is delayed. */
  latencyMs: number;
  /** How many of the next POST requests fail without effect. */
  failNext: number;
  /** The status of these failures; `null`: a 500 from before the endpoint began to execute, which is not stored under a key. */
  failNextWith: FailureStatus | null;
  /** For how many of the next requests the connection is closed before the request is executed. */
  dropBefore: number;
  /** For how many of the next requests the connection is closed after the request was executed and stored. */
  dropAfter: number;
  /** The only kind of request with faults; `null`: all kinds, except that `failNext` does not apply to GET requests. */
  only: RequestKind | null;
}

const NO_FAULTS: Readonly<FaultSettings> = {
  latencyMs: 0,
  failNext: 0,
  failNextWith: null,
  dropBefore: 0,
  dropAfter: 0,
  only: null,
};

/** The faults that the control endpoints configure. They are in memory only: a restart clears them. */
export class Faults {
  readonly settings: FaultSettings = { ...NO_FAULTS };
  readonly outage = new Outage();

  reset(): void {
    Object.assign(this.settings, NO_FAULTS);
  }

  /** Returns the failure of this request, if it must fail. Counts down the failures. */
  failure(kind: RequestKind | undefined): StripeFailure | undefined {
    const { only, failNextWith } = this.settings;
    const isRead = kind === 'retrieve' || kind === 'list';
    if ((only === null && isRead) || !this.#consume('failNext', kind)) return undefined;
    switch (failNextWith) {
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

  /** Whether to close the connection of this request now. Counts down the drops. */
  shouldDrop(when: 'dropBefore' | 'dropAfter', kind: RequestKind | undefined): boolean {
    return this.#consume(when, kind);
  }

  #consume(what: 'failNext' | 'dropBefore' | 'dropAfter', kind: RequestKind | undefined): boolean {
    const { only } = this.settings;
    if (this.settings[what] === 0 || (only !== null && only !== kind)) return false;
    this.settings[what] -= 1;
    return true;
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
