import { sleep } from '@temporalio/workflow';
import type { ChargeOutcome, ChargeRequest, OrderResult } from '../contracts/temporal/checkout.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import type { CheckoutContext } from './checkout-context.ts';
import { chargePayment, chargePaymentLocally } from './lib/activities.ts';
import { isChargeRefused, isStepFailure, pausedProvider } from './lib/failures.ts';
import { unlessPaused } from './lib/paused-provider.ts';
import { singleOutcome } from './lib/single-outcome.ts';
import { PaymentAttempt, type SettledPayment } from './payment-attempt.ts';

/** Pauses between attempts after the provider has moved no money. */
const NO_MONEY_MOVED_BACKOFF: Backoff = { firstMs: 100, maxMs: 60_000 };
/** After so many attempts the order shows `payment_unknown` to its customer, while the attempts continue. */
const ATTEMPTS_BEFORE_UNKNOWN = 4;
/** The pauses above add up to about 11 minutes; the charges take their own time. Then the payment fails and the stock is released. */
const MAX_ATTEMPTS = 20;

/** How an order is charged for the first time. */
export interface FirstCharge {
  /** By a local activity, in the workflow task that reserved the stock. */
  isLocal: boolean;
  /** The provider may have been asked already: by the order's group, or by this run before its worker died. */
  mayHaveCharged: boolean;
}

/**
 * The payment of one order, from the first charge to a certain outcome. A fault or a timeout is never taken for a
 * decline: the provider is asked until its answer is known. The next attempt, with the next idempotency key, is made only
 * after the provider has said that the attempt before moved no money.
 */
export class PaymentProcess {
  readonly #context: CheckoutContext;
  #attemptNumber: number;
  /** The provider may have received an earlier charge of the current attempt. */
  #triedBefore = false;
  /** The provider has refused the last charge, for a reason that the customer cannot change. */
  #isRefused = false;

  constructor(context: CheckoutContext) {
    this.#context = context;
    this.#attemptNumber = context.handoff?.attempt ?? 1;
  }

  /** Charges the total of `reserved`. */
  async settle(reserved: OrderResult, first: FirstCharge): Promise<SettledPayment> {
    const { requests, handoff, position } = this.#context;
    const before = position.charge;
    this.#triedBefore = first.mayHaveCharged;
    if (before) this.#attemptNumber = before.attempt;
    let known = before ? before.outcome : handoff?.charge;
    let paymentEventsSeen = 0;
    if (first.isLocal) {
      paymentEventsSeen = requests.paymentEventCount();
      known = await this.#chargeLocally(reserved);
    }
    for (;;) {
      const attempt = new PaymentAttempt(this.#context, this.#attemptNumber);
      // Counted before the charge, so that an event that arrives during the charge, or while its outcome is recorded, is new.
      if (!known) paymentEventsSeen = requests.paymentEventCount();
      position.charge = { ...(known && before), attempt: this.#attemptNumber };
      const outcome =
        known ?? (await attempt.askProvider('chargePayment', (isRetry) => this.#charge(reserved, isRetry)));
      known = undefined;
      const settled = await attempt.settle(outcome, paymentEventsSeen);
      if (settled) return settled;

      const cancelReason = requests.cancelReason();
      if (cancelReason !== undefined) return attempt.failed('cancelled', cancelReason, { status: 'none' });
      if (this.#attemptNumber === MAX_ATTEMPTS)
        return attempt.failed('payment_failed', 'provider_unavailable', { status: 'none' });
      if (this.#attemptNumber === ATTEMPTS_BEFORE_UNKNOWN) await attempt.recordUnknown();
      await sleep(pauseBefore(this.#attemptNumber - 1, NO_MONEY_MOVED_BACKOFF), {
        summary: 'Pause before the next charge; the last one moved no money',
      });
      this.#attemptNumber += 1;
      this.#triedBefore = false;
    }
  }

  async #charge(reserved: OrderResult, isRetry: boolean): Promise<ChargeOutcome[]> {
    const { orderId } = reserved;
    try {
      return await unlessPaused<ChargeOutcome[]>(
        orderId,
        () => chargePayment([this.#chargeRequest(reserved, isRetry)]),
        {
          onPaused: (mayHaveTaken) => {
            this.#triedBefore ||= isRetry || mayHaveTaken;
          },
          // The provider was not asked, so a cancel request need not wait for the release.
          givenUp: {
            when: () => !this.#triedBefore && this.#context.requests.cancelReason() !== undefined,
            result: [{ orderId, status: 'none' }],
          },
        },
      );
    } catch (error) {
      this.#isRefused = isChargeRefused(error);
      if (!this.#isGivenUp) throw error;
      return [{ orderId, status: 'none' }];
    }
  }

  /** The provider has charged nothing, so a cancel request need not wait until somebody has corrected the reason. */
  get #isGivenUp(): boolean {
    return this.#isRefused && this.#context.requests.cancelReason() !== undefined;
  }

  /** `undefined`: the provider is slow or unavailable, and `chargePayment` has to ask it again. */
  async #chargeLocally(reserved: OrderResult): Promise<ChargeOutcome | undefined> {
    try {
      return singleOutcome(await chargePaymentLocally([this.#chargeRequest(reserved, false)]));
    } catch (error) {
      if (!isStepFailure(error)) throw error;
      // While the provider is paused, it is not asked.
      if (pausedProvider(error)?.mayHaveTaken !== false) this.#triedBefore = true;
      return undefined;
    }
  }

  #chargeRequest({ total, currency }: OrderResult, isRetry: boolean): ChargeRequest {
    const { order, policy } = this.#context;
    return {
      orderId: order.orderId,
      attempt: this.#attemptNumber,
      amount: total,
      currency,
      paymentMethod: order.request.payment.method,
      placedAt: order.placedAt,
      triedBefore: isRetry || this.#triedBefore,
      ...(policy.capture && { capture: policy.capture }),
    };
  }
}
