import { condition } from '@temporalio/workflow';

/** What the outside world has asked of an order or told it, for the story to look at when it can act on it. */
export class Inbox {
  #cancelReason: string | undefined;
  #paymentEvents = 0;

  requestCancel(reason = 'cancelled'): void {
    this.#cancelReason ??= reason;
  }

  /** Why the order is to be cancelled, in the words of whoever asked; `undefined` if nobody has. */
  cancelReason(): string | undefined {
    return this.#cancelReason;
  }

  /** The provider has news. It is only a hint: what is true is asked for, so doubles and old news do no harm. */
  notePaymentEvent(): void {
    this.#paymentEvents += 1;
  }

  /** How much news of the payment has come so far. */
  paymentEvents(): number {
    return this.#paymentEvents;
  }

  /**
   * Waits for a cancel that was not known yet, or for more news of the payment than the `seen`, or until `orUntil`
   * says so.
   */
  async news(seen: number, orUntil: () => boolean): Promise<void> {
    const cancelKnown = this.#cancelReason !== undefined;
    await condition(
      () => (this.#cancelReason !== undefined && !cancelKnown) || this.#paymentEvents > seen || orUntil(),
    );
  }
}
