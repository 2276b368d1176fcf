import { ApplicationFailure, sleep, workflowInfo } from '@temporalio/workflow';
import type { CaptureOutcome } from '../../contracts/temporal/checkout.ts';
import type { BookedCapture, CaptureResult, CaptureSettlement } from '../../contracts/temporal/operations.ts';
import type { CaptureInput } from '../../contracts/temporal/names.ts';
import { pauseBefore } from '../../domain/backoff.ts';
import { operation } from './operation.ts';
import type { StepRunner } from '../lib/step-runner.ts';
import { settlementOf } from './refund.ts';
import {
  beginCapture,
  capturePayment,
  chargePayment,
  finishCapture,
  only,
  renewAuthorization,
  voidPayment,
} from '../lib/steps.ts';

/** A capture that does not go is worth looking at soon: authorisations end. */
const PATIENCE = 2;
/** Captures are short, or parked. */
const FOR_OTHERS = { firstMs: 200, maxMs: 15_000 };

/**
 * Takes money that was authorised, whole or in part: booked, taken at the provider, once for its id, and written down. An
 * authorisation that has expired before anything was taken is asked for anew; where the customer's bank refuses, an
 * operator has to decide.
 */
export function capture(input: CaptureInput): Promise<CaptureResult> {
  const { orderId, captureId } = input;
  return operation<CaptureResult>(orderId, async ({ parking, tellWaiting }) => {
    const book = async (): Promise<CaptureResult> =>
      only(await parking.retryUntilDone({ name: 'beginCapture', run: () => beginCapture([input]) }));
    let booked = await book();
    for (let round = 0; booked.outcome === 'booked' && booked.waits; round += 1) {
      tellWaiting(booked);
      await sleep(pauseBefore(round, FOR_OTHERS), { summary: 'other captures are under way' });
      booked = await book();
    }
    if (booked.outcome === 'refused' || booked.status !== 'pending') return booked;
    tellWaiting(booked);

    const authorization = new Authorization(orderId, booked, parking);
    const { amount, final } = booked;
    const end = await parking.retryUntilDoneOrLeftOut({
      name: 'capturePayment',
      patience: PATIENCE,
      run: () =>
        authorization.take(async (paymentIntentId) =>
          only(await capturePayment([{ orderId, captureId, paymentIntentId, amount, final }])),
        ),
    });

    const finished: CaptureSettlement = { orderId, captureId, status: settlementOf(end) };
    if ('done' in end) finished.payment = { attempt: authorization.attempt, ...end.done };
    await parking.retryUntilDone({ name: 'finishCapture', run: () => finishCapture([finished]) });
    return { ...booked, status: finished.status };
  });
}

type Taken = Pick<Extract<CaptureOutcome, { status: 'captured' }>, 'captured' | 'capturable'>;

/** The money that is held for an order; renewed where that has ended. */
class Authorization {
  readonly #orderId: string;
  readonly #booked: BookedCapture;
  readonly #parking: StepRunner;
  #held: BookedCapture['payment'];
  /** The number of the next payment try; it goes up only when the provider has said that this one moves no money. */
  #nextAttempt: number;
  #tried = false;

  constructor(orderId: string, booked: BookedCapture, parking: StepRunner) {
    this.#orderId = orderId;
    this.#booked = booked;
    this.#parking = parking;
    this.#held = booked.payment;
    this.#nextAttempt = booked.payment.attempt + 1;
  }

  /** Of the payment that holds the money now. */
  get attempt(): number {
    return this.#held.attempt;
  }

  async take(ask: (paymentIntentId: string) => Promise<CaptureOutcome>): Promise<Taken> {
    let outcome = await ask(this.#held.paymentIntentId);
    if (outcome.status === 'expired' && this.#held.captured === 0) {
      await this.#renew();
      outcome = await ask(this.#held.paymentIntentId);
    }
    if (outcome.status === 'captured') {
      const { captured, capturable } = outcome;
      return { captured, capturable };
    }
    throw outcome.status === 'refused'
      ? refused('CaptureRefused', `The payment provider refuses the capture (${outcome.code})`)
      : refused('AuthorizationExpired', 'The authorisation has expired after a part of it was captured');
  }

  async #renew(): Promise<void> {
    const { currency, paymentMethod } = this.#booked.order;
    const attempt = this.#nextAttempt;
    const triedBefore = this.#tried;
    this.#tried = true;
    const [renewed] = await chargePayment([
      {
        orderId: this.#orderId,
        attempt,
        amount: this.#held.capturable,
        currency,
        paymentMethod,
        // No payment of this attempt is older than the wish to capture.
        placedAt: workflowInfo().startTime.toISOString(),
        triedBefore,
        capture: 'later',
      },
    ]);
    if (renewed?.status === 'requires_action' || renewed?.status === 'processing')
      await voidPayment([{ orderId: this.#orderId, paymentIntentId: renewed.paymentIntentId }]);
    if (renewed?.status !== 'authorized') {
      this.#nextAttempt += 1;
      this.#tried = false;
      const why = renewed?.status === 'declined' ? renewed.declineCode : (renewed?.status ?? 'no answer');
      throw refused('AuthorizationExpired', `The authorisation has expired and cannot be renewed (${why})`);
    }
    const { paymentIntentId, captured, capturable, captureBefore } = renewed;
    this.#held = { attempt, paymentIntentId, captured, capturable };
    const payment = {
      ...this.#held,
      status: 'authorized',
      ...(captureBefore !== undefined && { captureBefore }),
    } as const;
    await this.#parking.retryUntilDone({
      name: 'renewAuthorization',
      run: () => renewAuthorization([{ orderId: this.#orderId, payment }]),
    });
  }
}

const refused = (type: string, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);
