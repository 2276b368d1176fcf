import { patched } from '@temporalio/workflow';
import type {
  ChargeOutcome,
  PaymentRecord,
  PaymentReference,
  VoidedFor,
  WaitingUpdate,
} from '../contracts/temporal/checkout.ts';
import { DEFAULT_CANCEL_REASON } from '../contracts/temporal/messages.ts';
import type { CheckoutPosition } from '../contracts/temporal/workflows.ts';
import { growingFrom, pauseBefore, type Backoff } from '../domain/backoff.ts';
import { paymentRecord } from '../domain/payment-record.ts';
import type { CheckoutContext } from './checkout-context.ts';
import { recordWaiting, retrievePayment, voidPayment } from './lib/activities.ts';
import { isPaymentMissing } from './lib/failures.ts';
import { singleOutcome } from './lib/single-outcome.ts';
import { REFUSED_BACKOFF, type Step } from './lib/step.ts';
import { currentTimeMs, Timer } from './lib/timer.ts';

interface SuccessfulPayment {
  status: 'succeeded';
  payment: PaymentRecord;
}

interface FailedPayment {
  status: 'failed';
  orderStatus: 'payment_failed' | 'expired' | 'cancelled';
  /** A stable code, or the reason of the cancel request. */
  reason: string;
  payment: PaymentRecord;
}

/** The certain outcome of an order's payment. */
export type SettledPayment = SuccessfulPayment | FailedPayment;

/** The reason of an order whose customer did not act in time. */
const EXPIRED = 'authentication_expired';

/** Up to 15 s for ten minutes, then a quarter of the time that has passed, and a day at last. */
const UNKNOWN_BACKOFF: Backoff = { firstMs: 2_000, maxMs: 15_000, later: growingFrom(40) };

/** Since 0.3. A run of an earlier version has ended the order as `payment_failed`. */
const END_AS_BEFORE = 'end-as-the-run-before';

/** One attempt to pay for an order. All its charges have the same idempotency key at the payment provider. */
export class PaymentAttempt {
  readonly #context: CheckoutContext;
  readonly #number: number;

  /** `number` counts from 1. */
  constructor(context: CheckoutContext, number: number) {
    this.#context = context;
    this.#number = number;
  }

  /**
   * Follows a charge until its outcome is certain. Returns `undefined` if this attempt has moved no money and never will.
   *
   * @param paymentEventsSeen the number of payment events before the charge
   */
  async settle(first: ChargeOutcome, paymentEventsSeen: number): Promise<SettledPayment | undefined> {
    let outcome: ChargeOutcome | FailedPayment = first;
    for (;;) {
      switch (outcome.status) {
        case 'succeeded':
        case 'authorized':
          return { status: 'succeeded', payment: this.#record(outcome.status, outcome) };
        case 'declined':
          return this.failed('payment_failed', outcome.declineCode, outcome);
        case 'cancelled':
          return this.#cancelled(outcome, outcome === first);
        case 'failed':
          return outcome;
        case 'none':
          return undefined;
        case 'processing':
          outcome = await this.#waitForProvider(outcome);
          break;
        case 'requires_action':
          outcome = await this.#waitForCustomer(outcome, paymentEventsSeen);
          break;
      }
    }
  }

  /**
   * Nobody can pay a payment that is cancelled. Where it was cancelled for an end of the order by a run that was gone before it had recorded
   * that end, the order ends so.
   *
   * @param isFirst whether the payment was cancelled before this run had anything to do with it
   */
  #cancelled(outcome: ChargeOutcome & { status: 'cancelled' }, isFirst: boolean): FailedPayment {
    const cancelReason = this.#context.requests.cancelReason();
    const ending = cancelReason !== undefined ? 'cancelled' : isFirst ? outcome.ending : undefined;
    if (ending === undefined || !patched(END_AS_BEFORE))
      return this.failed('payment_failed', 'payment_cancelled', outcome);
    return this.failed(
      ending,
      ending === 'cancelled' ? (cancelReason ?? DEFAULT_CANCEL_REASON) : EXPIRED,
      outcome,
    );
  }

  failed(
    orderStatus: FailedPayment['orderStatus'],
    reason: string,
    known: Omit<PaymentRecord, 'attempt'>,
  ): FailedPayment {
    return { status: 'failed', orderStatus, reason, payment: this.#record(known.status, known) };
  }

  /**
   * Asks the payment provider, with growing pauses and for as long as it takes, until it answers. A payment event or a
   * cancel request ends a pause.
   *
   * @param isGivenUp whether no pause is needed any more
   */
  askProvider(
    activity: string,
    ask: (isRetry: boolean) => Promise<ChargeOutcome[]>,
    isGivenUp: () => boolean = () => false,
  ): Promise<ChargeOutcome> {
    return this.#context.steps.retryUntilDone(this.#question(activity, ask, isGivenUp));
  }

  /**
   * Asks about a payment that the provider has given its id of. Where the provider does not know it, an operator has to decide: the key of
   * another account or mode has the same answer, while the payment has taken money. Returns `undefined` if the operator says that it has not.
   */
  async #askOf(activity: string, ask: () => Promise<ChargeOutcome[]>): Promise<ChargeOutcome | undefined> {
    const end = await this.#context.steps.retryUntilDoneOrSkipped({
      ...this.#question(activity, ask),
      isSkippableAfter: isPaymentMissing,
    });
    return 'done' in end ? end.done : undefined;
  }

  #question(
    activity: string,
    ask: (isRetry: boolean) => Promise<ChargeOutcome[]>,
    isGivenUp: () => boolean = () => false,
  ): Step<ChargeOutcome> {
    const { requests } = this.#context;
    return {
      name: activity,
      run: async (round) => singleOutcome(await ask(round > 0)),
      onFailure: async (round) => {
        if (round === 0) await this.recordUnknown();
      },
      backoff: UNKNOWN_BACKOFF,
      refusedBackoff: REFUSED_BACKOFF,
      pauseEndsWhen: () => {
        const hasNew = requests.hasNewSince();
        return () => hasNew() || isGivenUp();
      },
    };
  }

  /** Records that the outcome of the payment is unknown. */
  async recordUnknown(paymentIntentId?: string): Promise<void> {
    const payment = {
      attempt: this.#number,
      status: 'unknown',
      ...(paymentIntentId && { paymentIntentId }),
    } as const;
    await this.#recordWaiting('payment_unknown', payment);
  }

  /** 3-D Secure: waits until the customer has acted, the order is cancelled, or the deadline has passed. */
  async #waitForCustomer(
    outcome: ChargeOutcome & { status: 'requires_action' },
    paymentEventsSeen: number,
  ): Promise<ChargeOutcome | FailedPayment> {
    const { policy, progress, requests, handOver } = this.#context;
    let seen = paymentEventsSeen;
    const position = this.#waitsFor(outcome);
    if (!position.isRecorded)
      await this.#recordWaiting('awaiting_customer', this.#record('requires_action', outcome));
    position.isRecorded = true;
    position.customerUntil ??= currentTimeMs() + policy.paymentDeadlineMs;
    const deadline = new Timer(
      Math.max(position.customerUntil - currentTimeMs(), 1),
      'Deadline for the customer to authenticate',
    );
    try {
      for (;;) {
        const cancelReason = requests.cancelReason();
        if (cancelReason !== undefined) return await this.#void(outcome, 'cancelled', cancelReason);
        if (deadline.fired) return await this.#void(outcome, 'expired', EXPIRED);
        await requests.waitForNew(seen, () => deadline.fired, handOver);
        seen = requests.paymentEventCount();
        const now = await this.#retrieve(outcome);
        if (now.status !== 'requires_action') return now;
        // The provider was unavailable and the order became `payment_unknown`: record again what the customer needs.
        if (progress.status !== 'awaiting_customer')
          await this.#recordWaiting('awaiting_customer', this.#record('requires_action', now));
      }
    } finally {
      deadline.cancel();
    }
  }

  /** The provider has accepted the payment and not decided it: it is asked again after pauses and payment events. */
  async #waitForProvider(
    outcome: ChargeOutcome & { status: 'processing' },
  ): Promise<ChargeOutcome | FailedPayment> {
    const { requests, handOver } = this.#context;
    const position = this.#waitsFor(outcome);
    if (!position.isRecorded) await this.recordUnknown(outcome.paymentIntentId);
    position.isRecorded = true;
    for (let round = position.round ?? 0; ; round += 1) {
      position.round = round;
      const pause = new Timer(
        pauseBefore(round, UNKNOWN_BACKOFF),
        'Pause before the payment is retrieved again',
      );
      try {
        await requests.waitForNew(requests.paymentEventCount(), () => pause.fired, handOver);
      } finally {
        pause.cancel();
      }
      const now = await this.#retrieve(outcome);
      if (now.status !== 'processing') return now;
    }
  }

  /** The position of an order that waits for this outcome to change; that of the run before, if the order waited there. */
  #waitsFor(outcome: ChargeOutcome & { paymentIntentId: string }): NonNullable<CheckoutPosition['charge']> {
    const { position } = this.#context;
    const before = position.charge?.outcome;
    const isTheSame =
      before?.status === outcome.status &&
      'paymentIntentId' in before &&
      before.paymentIntentId === outcome.paymentIntentId;
    if (!position.charge || !isTheSame) position.charge = { attempt: this.#number, outcome };
    return position.charge;
  }

  /** Cancels a payment that waits for its customer. If it succeeded in the meantime, its outcome is that success. */
  async #void(
    outcome: { paymentIntentId: string },
    orderStatus: VoidedFor,
    reason: string,
  ): Promise<ChargeOutcome | FailedPayment> {
    const now = await this.#askOf('voidPayment', () =>
      voidPayment([{ ...this.#reference(outcome), ending: orderStatus }]),
    );
    if (now?.status === 'succeeded' || now?.status === 'authorized') return now;
    return this.failed(orderStatus, reason, {
      status: 'cancelled',
      paymentIntentId: outcome.paymentIntentId,
    });
  }

  async #retrieve(outcome: { paymentIntentId: string }): Promise<ChargeOutcome | FailedPayment> {
    const now = await this.#askOf('retrievePayment', () => retrievePayment([this.#reference(outcome)]));
    if (now) return now;
    const known = { status: 'cancelled', ...this.#reference(outcome) } as const;
    const cancelReason = this.#context.requests.cancelReason();
    return cancelReason === undefined
      ? known
      : this.failed('cancelled', cancelReason, {
          status: 'cancelled',
          paymentIntentId: outcome.paymentIntentId,
        });
  }

  async #recordWaiting(status: WaitingUpdate['status'], payment: PaymentRecord): Promise<void> {
    const { run, steps, progress } = this.#context;
    const update: WaitingUpdate = { ...run, status, payment };
    await steps.retryUntilDone({ name: 'recordWaiting', run: () => recordWaiting([update]) });
    progress.waiting(status);
  }

  #reference({ paymentIntentId }: { paymentIntentId: string }): PaymentReference {
    return { orderId: this.#context.order.orderId, paymentIntentId };
  }

  #record(status: PaymentRecord['status'], known: Omit<PaymentRecord, 'attempt' | 'status'>): PaymentRecord {
    return paymentRecord(this.#number, status, known);
  }
}
