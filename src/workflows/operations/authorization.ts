import { ApplicationFailure, patched, workflowInfo } from '@temporalio/workflow';
import type { CaptureOutcome, ChargeOutcome, ChargeRequest } from '../../contracts/temporal/checkout.ts';
import type { BegunCapture } from '../../contracts/temporal/operations.ts';
import { formatMoney } from '../../domain/money.ts';
import { chargePayment, renewAuthorization, voidPayment } from '../lib/activities.ts';
import { unlessPaused } from '../lib/paused-provider.ts';
import type { StepRunner } from '../lib/step-runner.ts';

type Captured = Pick<Extract<CaptureOutcome, { status: 'captured' }>, 'captured' | 'capturable'>;

/** Since 0.3: a capture that the provider refuses takes what others have left. */
const CAPTURE_WHAT_IS_LEFT = 'capture-what-is-left';

/** What the next run of a capture that continues as new has to know, beside what PostgreSQL has. */
interface Kept {
  nextAttempt?: number;
  triedBefore?: boolean;
  endedWith?: number;
}

/** The payment that holds an order's authorised money. It is renewed if it has expired before anything was captured. */
export class Authorization {
  readonly #orderId: string;
  #begun: BegunCapture;
  readonly #steps: StepRunner;
  #payment: BegunCapture['payment'];
  readonly #kept: Kept;

  constructor(orderId: string, begun: BegunCapture, steps: StepRunner, kept: Kept) {
    this.#orderId = orderId;
    this.#begun = begun;
    this.#steps = steps;
    this.#payment = begun.payment;
    this.#kept = kept;
  }

  /** Number of the next payment attempt. It grows only after the provider has said that an attempt moves no money. */
  get #nextAttempt(): number {
    return this.#kept.nextAttempt ?? this.#begun.payment.attempt + 1;
  }

  /** Number of the payment attempt that holds the money now. */
  get attempt(): number {
    return this.#payment.attempt;
  }

  /** What the provider has said of an authorisation that somebody else has captured or released. */
  get ended(): Captured | undefined {
    const { endedWith } = this.#kept;
    return endedWith === undefined ? undefined : { captured: endedWith, capturable: 0 };
  }

  /**
   * Captures by `request`, after a renewal where one is needed. Where the provider refuses, somebody else may have captured or released
   * the money: `reconcile` records that, and returns the capture with what is left for it. Returns `undefined` if that has settled it.
   *
   * @throws {ApplicationFailure} `CaptureRefused`, `AuthorizationExpired` or `AuthorizationEnded`, not retryable, where an operator has
   * to decide
   */
  async capture(
    request: (paymentIntentId: string, begun: BegunCapture) => Promise<CaptureOutcome>,
    reconcile: () => Promise<BegunCapture>,
  ): Promise<Captured | undefined> {
    let outcome = await this.#request(request);
    if ((outcome.status === 'ended' || outcome.status === 'refused') && patched(CAPTURE_WHAT_IS_LEFT)) {
      const { amount } = this.#begun;
      if (outcome.status === 'ended') this.#kept.endedWith = outcome.captured;
      this.#begun = await reconcile();
      this.#payment = this.#begun.payment;
      if (this.#begun.status !== 'pending') return undefined;
      const isGone = outcome.status === 'refused' && this.#payment.capturable < this.#begun.amount;
      if (this.#begun.amount < amount || isGone) outcome = await this.#request(request);
    }
    return this.#capturedBy(outcome);
  }

  async #request(
    request: (paymentIntentId: string, begun: BegunCapture) => Promise<CaptureOutcome>,
  ): Promise<CaptureOutcome> {
    const outcome = await request(this.#payment.paymentIntentId, this.#begun);
    if (outcome.status !== 'expired' || this.#payment.captured > 0) return outcome;
    await this.#renew();
    return request(this.#payment.paymentIntentId, this.#begun);
  }

  /** Where somebody has captured as much at the provider already, the capture is done. */
  #capturedBy(outcome: CaptureOutcome): Captured {
    const { amount, order } = this.#begun;
    const money = (value: number): string => formatMoney(value, order.currency);
    switch (outcome.status) {
      case 'captured':
        return { captured: outcome.captured, capturable: outcome.capturable };
      case 'ended':
        this.#kept.endedWith = outcome.captured;
        if (outcome.captured - this.#payment.captured >= amount)
          return { captured: outcome.captured, capturable: 0 };
        throw refused(
          'AuthorizationEnded',
          `The authorisation was captured or released at the payment provider, which has taken ${money(outcome.captured)} in all`,
        );
      case 'refused': {
        const { captured, capturable } = this.#payment;
        throw refused(
          'CaptureRefused',
          `The payment provider refuses to capture ${money(amount)} (${outcome.code}): ${money(captured)} is captured, and ${money(capturable)} can still be captured`,
        );
      }
      case 'expired':
        throw refused(
          'AuthorizationExpired',
          'The authorisation has expired after a part of it was captured',
        );
    }
  }

  async #renew(): Promise<void> {
    const renewed = await this.#charge();
    if (renewed?.status === 'requires_action' || renewed?.status === 'processing')
      await voidPayment([{ orderId: this.#orderId, paymentIntentId: renewed.paymentIntentId }]);
    if (renewed?.status !== 'authorized') {
      this.#kept.nextAttempt = this.#nextAttempt + 1;
      this.#kept.triedBefore = false;
      const why = renewed?.status === 'declined' ? renewed.declineCode : (renewed?.status ?? 'no answer');
      throw refused('AuthorizationExpired', `The authorisation has expired and cannot be renewed (${why})`);
    }
    const { paymentIntentId, captured, capturable, captureBefore } = renewed;
    this.#payment = { attempt: this.#nextAttempt, paymentIntentId, captured, capturable };
    const payment = {
      ...this.#payment,
      status: 'authorized',
      ...(captureBefore !== undefined && { captureBefore }),
    } as const;
    await this.#steps.retryUntilDone({
      name: 'renewAuthorization',
      run: () => renewAuthorization([{ orderId: this.#orderId, payment }]),
    });
  }

  async #charge(): Promise<ChargeOutcome | undefined> {
    const { currency, paymentMethod } = this.#begun.order;
    // The provider may have received a charge of this attempt.
    const triedBefore = this.#kept.triedBefore ?? false;
    this.#kept.triedBefore = true;
    const charge: ChargeRequest = {
      orderId: this.#orderId,
      attempt: this.#nextAttempt,
      amount: this.#payment.capturable,
      currency,
      paymentMethod,
      // No payment of this attempt is older than this workflow.
      placedAt: workflowInfo().startTime.toISOString(),
      triedBefore,
      capture: 'later',
    };
    const [renewed] = await unlessPaused(this.#orderId, () => chargePayment([charge]), {
      onPaused: (mayHaveTaken) => {
        charge.triedBefore ||= mayHaveTaken;
      },
    });
    return renewed;
  }
}

const refused = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);
