import { patched, sleep } from '@temporalio/workflow';
import type {
  BegunCapture,
  CaptureCommand,
  CaptureResult,
  CaptureSettlement,
} from '../../contracts/temporal/operations.ts';
import { growingFrom, pauseBefore, type Backoff } from '../../domain/backoff.ts';
import { beginCapture, capturePayment, finishCapture } from '../lib/activities.ts';
import { reconcilePayments, type PaymentConcern } from '../lib/reconcile-payments.ts';
import { unlessPaused } from '../lib/paused-provider.ts';
import { singleOutcome } from '../lib/single-outcome.ts';
import { tellConcerns } from '../lib/tell-concerns.ts';
import { Authorization } from './authorization.ts';
import { REFUND_OUTSIDE_CAPTURES } from './cancellation.ts';
import { operation } from './operation.ts';
import { ASK_THE_PROVIDER } from './refund.ts';
import { settlementOf } from '../lib/settlement.ts';

/** Few, because an authorisation expires. */
const ROUNDS_BEFORE_PARKING = 2;
/** Captures take seconds, or are parked. */
const OTHER_CAPTURES_BACKOFF: Backoff = {
  firstMs: 200,
  maxMs: 15_000,
  later: growingFrom(20, 3_600_000),
};

/**
 * Captures authorised money, in full or in part: records the capture, makes it at the payment provider, once for its id, and
 * records the outcome. Where the provider refuses it because others have captured meanwhile, it takes what is left of its amount. An
 * authorisation that has expired before anything was captured is renewed; where the customer's bank declines that, or somebody has
 * ended the authorisation at the provider, an operator has to decide.
 */
export function capture(input: CaptureCommand): Promise<CaptureResult> {
  const { orderId, captureId } = input;
  return operation<CaptureResult>(
    input,
    async ({ steps, notifier, setPreliminaryResult, kept, mayContinueAsNew }) => {
      const begin = async (): Promise<CaptureResult> =>
        singleOutcome(await steps.retryUntilDone({ name: 'beginCapture', run: () => beginCapture([input]) }));
      let begun = await begin();
      for (let round = 0; begun.outcome === 'booked' && begun.waits; round += 1) {
        setPreliminaryResult(begun);
        await mayContinueAsNew();
        await sleep(pauseBefore(round, OTHER_CAPTURES_BACKOFF), {
          summary: 'Wait for other captures in progress',
        });
        begun = await begin();
      }
      if (begun.outcome === 'refused' || begun.status !== 'pending') return begun;
      setPreliminaryResult(begun);

      const authorization = new Authorization(orderId, begun, steps, kept);
      let current = begun;
      let endedElsewhere: PaymentConcern[] = [];
      const end = await steps.retryUntilDoneOrSkipped({
        name: 'capturePayment',
        roundsBeforeParking: ROUNDS_BEFORE_PARKING,
        run: () =>
          authorization.capture(
            async (paymentIntentId, { amount, final }) =>
              singleOutcome(
                await unlessPaused(orderId, () =>
                  capturePayment([{ orderId, captureId, paymentIntentId, amount, final }]),
                ),
              ),
            afterRefusal,
          ),
      });
      if (current.status !== 'pending') {
        await tellConcerns(orderId, endedElsewhere);
        return current;
      }

      const settlement: CaptureSettlement = { orderId, captureId, status: settlementOf(end) };
      const payment = 'done' in end ? end.done : authorization.ended;
      if (payment) settlement.payment = { attempt: authorization.attempt, ...payment };
      await steps.retryUntilDone({ name: 'finishCapture', run: () => finishCapture([settlement]) });
      // An operator may not know that the provider has made the capture, and only its answer was lost.
      if (settlement.status !== 'succeeded' && patched(ASK_THE_PROVIDER))
        await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }));
      else if (
        payment &&
        payment.captured > current.payment.captured + current.amount &&
        patched(REFUND_OUTSIDE_CAPTURES)
      )
        await tellConcerns(orderId, await reconcilePayments({ orderId, steps, notifier }, { waits: false }));
      return { ...current, status: settlement.status };

      /** The capture after what others have done with the payment is recorded. */
      async function afterRefusal(): Promise<BegunCapture> {
        const concerns = await reconcilePayments(
          { orderId, steps, notifier },
          { refusedCaptureId: captureId },
        );
        const again = await begin();
        if (again.outcome === 'booked') current = again;
        setPreliminaryResult(again);
        // That the authorisation has ended is what the capture itself waits for, unless it is settled.
        const isOther = ({ excess, returned }: PaymentConcern): boolean => (excess ?? returned) !== undefined;
        endedElsewhere = concerns.filter((concern) => !isOther(concern));
        await tellConcerns(orderId, concerns.filter(isOther));
        return current;
      }
    },
  );
}
