import { rateLimited, serverError, unavailable } from './stripe/failure.ts';
import type { StripeFailure } from './stripe/failure.ts';

/** Kinds of request to the Stripe API that trouble can be narrowed to; `charge` is the creating or confirming of a payment. */
export const requestKinds = ['charge', 'refund', 'cancel', 'capture', 'retrieve', 'list'] as const;
export type RequestKind = (typeof requestKinds)[number];

/** 500: the endpoint had begun, and its key remembers the answer; 503 and 429: it had not, and none does. */
export const failureStatuses = [500, 503, 429] as const;
export type FailureStatus = (typeof failureStatuses)[number];

interface Trouble {
  /** Milliseconds that the creating or confirming of every PaymentIntent takes longer. */
  latencyMs: number;
  /** How many of the next POSTs fail without effect. */
  failNext: number;
  /** What they fail with; `null`: with a 500 from before the endpoint had begun, which no key remembers. */
  failNextWith: FailureStatus | null;
  /** How many of the next requests end in a broken connection before anything is done. */
  dropBefore: number;
  /** How many of the next requests end in a broken connection after everything is done and kept. */
  dropAfter: number;
  /** The one kind of request that fails or is dropped; `null`: any, but for `failNext`, which spares the GETs. */
  only: RequestKind | null;
}

const none: Readonly<Trouble> = {
  latencyMs: 0,
  failNext: 0,
  failNextWith: null,
  dropBefore: 0,
  dropAfter: 0,
  only: null,
};

/** What the control endpoints change while the sandbox runs. Held in memory only: a restart ends it all. */
export class Faults {
  readonly trouble: Trouble = { ...none };
  readonly outage = new Outage();

  reset(): void {
    Object.assign(this.trouble, none);
  }

  /** What this request fails with, if it is one that fails. Uses up one failure. */
  failure(kind: RequestKind | undefined): StripeFailure | undefined {
    const { only, failNextWith } = this.trouble;
    const reads = kind === 'retrieve' || kind === 'list';
    if ((only === null && reads) || !this.#take('failNext', kind)) return undefined;
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

  /** Whether the connection of this request breaks now. Uses up one break. */
  drops(when: 'dropBefore' | 'dropAfter', kind: RequestKind | undefined): boolean {
    return this.#take(when, kind);
  }

  #take(what: 'failNext' | 'dropBefore' | 'dropAfter', kind: RequestKind | undefined): boolean {
    const { only } = this.trouble;
    if (this.trouble[what] === 0 || (only !== null && only !== kind)) return false;
    this.trouble[what] -= 1;
    return true;
  }
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
