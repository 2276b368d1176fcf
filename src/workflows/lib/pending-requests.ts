import { condition } from '@temporalio/workflow';
import type { ReviewInput } from '../../contracts/temporal/names.ts';

/** What the outside world has asked of an order or told it, for the story to look at when it can act on it. */
export class PendingRequests {
  #cancelReason: string | undefined;
  #paymentEvents = 0;
  #review: ReviewInput | undefined;
  readonly #payments = new Set<string>();

  requestCancel(reason = 'cancelled'): void {
    this.#cancelReason ??= reason;
  }

  /** Why the order is to be cancelled, in the words of whoever asked; `undefined` if nobody has. */
  cancelReason(): string | undefined {
    return this.#cancelReason;
  }

  /** The first decision counts. */
  decide(review: ReviewInput): void {
    this.#review ??= review;
  }

  review(): ReviewInput | undefined {
    return this.#review;
  }

  /** The provider has news. It is only a hint: what is true is asked for, so doubles and old news do no harm. */
  notePaymentEvent(paymentIntentId: string): void {
    this.#paymentEvents += 1;
    this.#payments.add(paymentIntentId);
  }

  /** How much news of the payment has come so far. */
  paymentEvents(): number {
    return this.#paymentEvents;
  }

  /** The payments that news came of. */
  payments(): ReadonlySet<string> {
    return this.#payments;
  }

  /** Whether there is a cancel that was not known yet, or more news of the payment than the `seen`. */
  newsSince(seen = this.#paymentEvents): () => boolean {
    const cancelKnown = this.#cancelReason !== undefined;
    return () => (this.#cancelReason !== undefined && !cancelKnown) || this.#paymentEvents > seen;
  }

  /** Waits for such news, or until `orUntil` says so. */
  async news(seen: number, orUntil: () => boolean): Promise<void> {
    const hasNews = this.newsSince(seen);
    await condition(() => hasNews() || orUntil());
  }
}
