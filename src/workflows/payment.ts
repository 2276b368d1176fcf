import { sleep } from '@temporalio/workflow';
import type {
  ChargeOutcome,
  ChargeRequest,
  CheckoutOrder,
  CheckoutPolicy,
  OrderResult,
  PaymentRecord,
  PaymentReference,
  WaitingUpdate,
} from '../contracts/temporal/checkout.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';
import { paymentRecord } from '../domain/payment-record.ts';
import { Timer } from './lib/timer.ts';
import type { GroupHandoff } from '../contracts/temporal/names.ts';
import type { PendingRequests } from './lib/pending-requests.ts';
import type { StepRunner } from './lib/step-runner.ts';
import {
  chargeAtOnce,
  chargePayment,
  isStepFailure,
  only,
  recordWaiting,
  retrievePayment,
  voidPayment,
} from './lib/steps.ts';
import type { OrderProgress } from './lib/progress.ts';

interface PaidFor {
  status: 'succeeded';
  payment: PaymentRecord;
}

interface FailedPayment {
  status: 'failed';
  end: 'payment_failed' | 'expired' | 'cancelled';
  reason: string;
  payment: PaymentRecord;
}

/** How the payment of an order came out. Nothing is undecided any more. */
export type SettledPayment = PaidFor | FailedPayment;

/** While the provider is silent its customers wait: for ten minutes it is asked often, then now and then. */
const UNKNOWN_PAUSE: Backoff = { firstMs: 2_000, maxMs: 15_000, later: { fromRound: 40, maxMs: 900_000 } };
const NO_MONEY_MOVED_PAUSE: Backoff = { firstMs: 100, maxMs: 60_000 };
/** After so many attempts the customer should be told: the order shows `payment_unknown` while they go on. */
const ATTEMPTS_BEFORE_UNKNOWN = 4;
/** With the pauses above about a quarter of an hour; then the provider is given up and the stock freed. */
const MAX_ATTEMPTS = 20;

/** How the order is charged for the first time. */
export interface FirstCharge {
  /** Within the task that has reserved. */
  atOnce: boolean;
  /** The provider may have been asked already: in a group, or by this run before its worker died. */
  mayHaveCharged: boolean;
}

export interface PaymentParts {
  order: CheckoutOrder;
  policy: CheckoutPolicy;
  inbox: PendingRequests;
  board: OrderProgress;
  parking: StepRunner;
  /** The order was in a group before, and may have been charged there. */
  from?: GroupHandoff | undefined;
}

/**
 * The payment of one order, from the first charge to a certain outcome. A fault or a timeout is never taken for a
 * decline: the provider is asked until it says what became of the charge. A new attempt, with a new key, is made only
 * after the provider has said that the one before moved no money.
 */
export class PaymentProcess {
  readonly #order: CheckoutOrder;
  readonly #policy: CheckoutPolicy;
  readonly #inbox: PendingRequests;
  readonly #board: OrderProgress;
  readonly #parking: StepRunner;
  readonly #from: GroupHandoff | undefined;
  #attempt = 1;
  /** The provider may have been asked for this attempt before. */
  #triedBefore = false;

  constructor({ order, policy, inbox, board, parking, from }: PaymentParts) {
    this.#order = order;
    this.#policy = policy;
    this.#inbox = inbox;
    this.#board = board;
    this.#parking = parking;
    this.#from = from;
  }

  /** `reserved` has the total to be charged. */
  async settle(reserved: OrderResult, first: FirstCharge): Promise<SettledPayment> {
    this.#triedBefore = first.mayHaveCharged;
    let known = this.#from?.charge;
    let seen = 0;
    if (first.atOnce) {
      seen = this.#inbox.paymentEvents();
      known = await this.#chargeAtOnce(reserved);
    }
    for (;;) {
      // Before the charge: news that comes while it is made, or while its outcome is recorded, is news.
      if (!known) seen = this.#inbox.paymentEvents();
      const outcome =
        known ??
        (await this.#untilKnown('chargePayment', (again) => chargePayment([this.#charge(reserved, again)])));
      known = undefined;
      const settled = await this.#follow(outcome, seen);
      if (settled) return settled;

      const cancelReason = this.#inbox.cancelReason();
      if (cancelReason !== undefined) return this.#failed('cancelled', cancelReason, { status: 'none' });
      if (this.#attempt === MAX_ATTEMPTS) {
        return this.#failed('payment_failed', 'provider_unavailable', { status: 'none' });
      }
      if (this.#attempt === ATTEMPTS_BEFORE_UNKNOWN) await this.#recordUnknown();
      await sleep(pauseBefore(this.#attempt - 1, NO_MONEY_MOVED_PAUSE), {
        summary: 'no money moved: charge again',
      });
      this.#attempt += 1;
      this.#triedBefore = false;
    }
  }

  /** `undefined`: the provider is slow or in trouble, and is asked again with patience. */
  async #chargeAtOnce(reserved: OrderResult): Promise<ChargeOutcome | undefined> {
    try {
      return only(await chargeAtOnce([this.#charge(reserved, false)]));
    } catch (error) {
      if (!isStepFailure(error)) throw error;
      this.#triedBefore = true;
      return undefined;
    }
  }

  #charge(reserved: OrderResult, triedBefore: boolean): ChargeRequest {
    return {
      orderId: this.#order.orderId,
      attempt: this.#attempt,
      amount: reserved.total,
      currency: reserved.currency,
      paymentMethod: this.#order.request.payment.method,
      placedAt: this.#order.placedAt,
      triedBefore: triedBefore || this.#triedBefore,
      ...(this.#policy.capture && { capture: this.#policy.capture }),
    };
  }

  /** To the end of this attempt. `undefined`: no money was moved under it, and none will be. */
  async #follow(first: ChargeOutcome, newsSeen: number): Promise<SettledPayment | undefined> {
    let outcome: ChargeOutcome | FailedPayment = first;
    for (;;) {
      switch (outcome.status) {
        case 'succeeded':
        case 'authorized':
          return { status: 'succeeded', payment: this.#record(outcome.status, outcome) };
        case 'declined':
          return this.#failed('payment_failed', outcome.declineCode, outcome);
        case 'cancelled':
          return this.#failed('payment_failed', 'payment_cancelled', outcome);
        case 'failed':
          return outcome;
        case 'none':
          return undefined;
        case 'processing':
          outcome = await this.#waitForProvider(outcome);
          break;
        case 'requires_action':
          outcome = await this.#waitForCustomer(outcome, newsSeen);
          break;
      }
    }
  }

  /** 3-D Secure: until the customer has acted, the order is cancelled, or the deadline has passed. */
  async #waitForCustomer(
    outcome: ChargeOutcome & { status: 'requires_action' },
    newsSeen: number,
  ): Promise<ChargeOutcome | FailedPayment> {
    let seen = newsSeen;
    await this.#recordWaiting('awaiting_customer', this.#record('requires_action', outcome));
    const deadline = new Timer(this.#policy.paymentDeadlineMs, 'deadline of the customer');
    try {
      for (;;) {
        const cancelReason = this.#inbox.cancelReason();
        if (cancelReason !== undefined) return await this.#void(outcome, 'cancelled', cancelReason);
        if (deadline.fired) return await this.#void(outcome, 'expired', 'authentication_expired');
        await this.#inbox.news(seen, () => deadline.fired);
        seen = this.#inbox.paymentEvents();
        const now = await this.#untilKnown('retrievePayment', () =>
          retrievePayment([this.#reference(outcome)]),
        );
        if (now.status !== 'requires_action') return now;
        // The provider was silent for a while: the customer can go on again.
        if (this.#board.status !== 'awaiting_customer') {
          await this.#recordWaiting('awaiting_customer', this.#record('requires_action', now));
        }
      }
    } finally {
      deadline.cancel();
    }
  }

  /** The provider has taken the payment on but not decided it: it is asked again, at once when it has news. */
  async #waitForProvider(outcome: ChargeOutcome & { status: 'processing' }): Promise<ChargeOutcome> {
    await this.#recordUnknown(outcome.paymentIntentId);
    for (let round = 0; ; round += 1) {
      await this.#pauseOrNews(round);
      const now = await this.#untilKnown('retrievePayment', () =>
        retrievePayment([this.#reference(outcome)]),
      );
      if (now.status !== 'processing') return now;
    }
  }

  /** Ends a payment that waits for its customer. One that succeeded in the meantime is a success, not an expiry. */
  async #void(
    outcome: { paymentIntentId: string },
    end: 'cancelled' | 'expired',
    reason: string,
  ): Promise<ChargeOutcome | FailedPayment> {
    const now = await this.#untilKnown('voidPayment', () => voidPayment([this.#reference(outcome)]));
    if (now.status === 'succeeded' || now.status === 'authorized') return now;
    return this.#failed(end, reason, { status: 'cancelled', paymentIntentId: outcome.paymentIntentId });
  }

  /** Asks, with growing pauses and for as long as it takes, until the provider answers. */
  #untilKnown(name: string, ask: (again: boolean) => Promise<ChargeOutcome[]>): Promise<ChargeOutcome> {
    return this.#parking.retryUntilDone({
      name,
      run: async (round) => only(await ask(round > 0)),
      onFailure: async (round) => {
        if (round === 0) await this.#recordUnknown();
      },
      pauses: UNKNOWN_PAUSE,
      wakes: () => this.#inbox.newsSince(),
    });
  }

  async #pauseOrNews(round: number): Promise<void> {
    const pause = new Timer(pauseBefore(round, UNKNOWN_PAUSE), 'ask the provider again');
    try {
      await this.#inbox.news(this.#inbox.paymentEvents(), () => pause.fired);
    } finally {
      pause.cancel();
    }
  }

  async #recordUnknown(paymentIntentId?: string): Promise<void> {
    const payment = {
      attempt: this.#attempt,
      status: 'unknown',
      ...(paymentIntentId && { paymentIntentId }),
    } as const;
    await this.#recordWaiting('payment_unknown', payment);
  }

  async #recordWaiting(status: WaitingUpdate['status'], payment: PaymentRecord): Promise<void> {
    const update: WaitingUpdate = { orderId: this.#order.orderId, status, payment };
    await this.#parking.retryUntilDone({ name: 'recordWaiting', run: () => recordWaiting([update]) });
    this.#board.waitsIn(status);
  }

  #reference({ paymentIntentId }: { paymentIntentId: string }): PaymentReference {
    return { orderId: this.#order.orderId, paymentIntentId };
  }

  #record(status: PaymentRecord['status'], known: Omit<PaymentRecord, 'attempt' | 'status'>): PaymentRecord {
    return paymentRecord(this.#attempt, status, known);
  }

  #failed(end: FailedPayment['end'], reason: string, known: Omit<PaymentRecord, 'attempt'>): FailedPayment {
    return { status: 'failed', end, reason, payment: this.#record(known.status, known) };
  }
}
