import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import type { CaptureOutcome, ChargeOutcome } from '../../contracts/temporal/checkout.ts';
import type { BegunCapture } from '../../contracts/temporal/operations.ts';
import { formatMoney } from '../../domain/money.ts';
import { chargePayment, renewAuthorization, voidPayment } from '../lib/activities.ts';
import type { StepRunner } from '../lib/step-runner.ts';

type Captured = Pick<Extract<CaptureOutcome, { status: 'captured' }>, 'captured' | 'capturable'>;

/** What the next run of a capture that continues as new has to know, beside what PostgreSQL has. */
interface Kept {
  nextAttempt?: number;
  triedBefore?: boolean;
  endedWith?: number;
}

/** The payment that holds an order's authorised money. It is renewed if it has expired before anything was captured. */
export class Authorization {
  readonly #orderId: string;
  readonly #begun: BegunCapture;
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
   * Captures by `request`, after a renewal where one is needed. Where somebody has captured as much at the provider already, the capture
   * is done.
   *
   * @throws {ApplicationFailure} `CaptureRefused`, `AuthorizationExpired` or `AuthorizationEnded`, not retryable, where an operator has
   * to decide
   */
  async capture(request: (paymentIntentId: string) => Promise<CaptureOutcome>): Promise<Captured> {
    let outcome = await request(this.#payment.paymentIntentId);
    if (outcome.status === 'expired' && this.#payment.captured === 0) {
      await this.#renew();
      outcome = await request(this.#payment.paymentIntentId);
    }
    if (outcome.status === 'captured') {
      const { captured, capturable } = outcome;
      return { captured, capturable };
    }
    if (outcome.status === 'ended') {
      this.#kept.endedWith = outcome.captured;
      if (outcome.captured - this.#payment.captured >= this.#begun.amount)
        return { captured: outcome.captured, capturable: 0 };
      const taken = formatMoney(outcome.captured, this.#begun.order.currency);
      throw refused(
        'AuthorizationEnded',
        `The authorisation was captured or released at the payment provider, which has taken ${taken} in all`,
      );
    }
    throw outcome.status === 'refused'
      ? refused('CaptureRefused', `The payment provider refuses the capture (${outcome.code})`)
      : refused('AuthorizationExpired', 'The authorisation has expired after a part of it was captured');
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
    const [renewed] = await chargePayment([
      {
        orderId: this.#orderId,
        attempt: this.#nextAttempt,
        amount: this.#payment.capturable,
        currency,
        paymentMethod,
        // No payment of this attempt is older than this workflow.
        placedAt: workflowInfo().startTime.toISOString(),
        triedBefore,
        capture: 'later',
      },
    ]);
    return renewed;
  }
}

const refused = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);
