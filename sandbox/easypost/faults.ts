import { FaultPlan } from '../faults/fault-plan.ts';
import { type EasyPostFailure, rateLimited, serverError, unavailable } from './failure.ts';
import type { Scenario } from './scenario.ts';

/** The kinds of request to EasyPost's API that faults can be limited to. */
export const REQUEST_KINDS = ['verify', 'shipment', 'buy', 'refund', 'track', 'retrieve', 'list'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** The faults of EasyPost's API. They are in memory only: a restart clears them. */
export class EasyPostFaults extends FaultPlan<RequestKind> {
  #outageUntil: number | undefined;

  constructor() {
    super(REQUEST_KINDS, ['retrieve', 'list']);
  }

  /**
   * Sets the end of the outage, in Unix milliseconds. Until then every request is answered 503, afterwards none, not even those with
   * the address of an outage.
   */
  endOutageAt(until: number): void {
    this.#outageUntil = until;
  }

  override reset(): void {
    super.reset();
    this.#outageUntil = undefined;
  }

  /** Returns the failure of this request, if it must fail. Counts down the failures. */
  failure(kind: RequestKind): EasyPostFailure | undefined {
    if (this.#outageUntil !== undefined && Date.now() < this.#outageUntil) return unavailable();
    if (!this.shouldFail(kind)) return undefined;
    switch (this.settings.failNextWith) {
      case null:
      case 500:
        return serverError();
      case 503:
        return unavailable();
      case 429:
        return rateLimited();
    }
  }

  /** @throws {EasyPostFailure} 503, for an address whose carrier is in an outage */
  checkOutage(scenario: Scenario | null | undefined): void {
    if (scenario === 'sandbox_outage' && this.#outageUntil === undefined) throw unavailable();
  }
}
