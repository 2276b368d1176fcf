import { condition } from '@temporalio/workflow';
import type { Actor } from '../../contracts/actor.ts';
import type { CarriedRequests } from '../../contracts/temporal/workflows.ts';
import { DEFAULT_CANCEL_REASON, type ReviewInput } from '../../contracts/temporal/messages.ts';
import type { HandOver } from './hand-over.ts';

/** What updates and signals have asked of a checkout, kept until the workflow can act on it. */
export class PendingRequests {
  #cancelReason: string | undefined;
  #cancelActor: Actor | undefined;
  #review: ReviewInput | undefined;
  #paymentEventCount = 0;
  readonly #paymentIntentIds = new Set<string>();

  /** For the next run of a checkout that continues as new. */
  get carried(): CarriedRequests {
    return {
      paymentIntentIds: [...this.#paymentIntentIds],
      ...(this.#cancelReason !== undefined && { cancelReason: this.#cancelReason }),
      ...(this.#cancelActor && { cancelActor: this.#cancelActor }),
      ...(this.#review && { review: this.#review }),
    };
  }

  /** Takes over what the run before was asked. */
  takeOver({ paymentIntentIds, cancelReason, cancelActor, review }: CarriedRequests): void {
    for (const paymentIntentId of paymentIntentIds) this.addPaymentEvent(paymentIntentId);
    if (cancelReason !== undefined) this.requestCancel(cancelReason, cancelActor);
    if (review) this.addReview(review);
  }

  /** The first request counts. @param actor who has asked; absent: somebody in Temporal's UI, or the client of a version before */
  requestCancel(reason = DEFAULT_CANCEL_REASON, actor?: Actor): void {
    if (this.#cancelReason !== undefined) return;
    this.#cancelReason = reason;
    this.#cancelActor = actor;
  }

  /** The reason of the first cancel request, or `undefined` if there is none. */
  cancelReason(): string | undefined {
    return this.#cancelReason;
  }

  /** Who has asked for the first cancellation, where that is known. */
  cancelActor(): Actor | undefined {
    return this.#cancelActor;
  }

  /** The first decision counts. */
  addReview(review: ReviewInput): void {
    this.#review ??= review;
  }

  review(): ReviewInput | undefined {
    return this.#review;
  }

  /** A payment event only says that the payment may have changed, so duplicates and late events do no harm. */
  addPaymentEvent(paymentIntentId: string): void {
    this.#paymentEventCount += 1;
    this.#paymentIntentIds.add(paymentIntentId);
  }

  /** The number of payment events so far. */
  paymentEventCount(): number {
    return this.#paymentEventCount;
  }

  /** The payments that there were events of. */
  paymentIntentIds(): ReadonlySet<string> {
    return this.#paymentIntentIds;
  }

  /** A condition that becomes true with a cancel request, if there is none yet, or with more payment events than `seen`. */
  hasNewSince(seen = this.#paymentEventCount): () => boolean {
    const wasCancelled = this.#cancelReason !== undefined;
    return () => (this.#cancelReason !== undefined && !wasCancelled) || this.#paymentEventCount > seen;
  }

  /** Waits for a request that is new in that sense, or until `isOver`. The workflow may continue as new meanwhile. */
  async waitForNew(seen: number, isOver: () => boolean, handOver: HandOver): Promise<void> {
    const hasNew = this.hasNewSince(seen);
    await condition(() => hasNew() || isOver() || handOver.isDue);
    if (hasNew() || isOver()) return;
    await handOver.leave();
    await condition(() => hasNew() || isOver());
  }
}
