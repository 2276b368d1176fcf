import assert from 'node:assert/strict';
import { createPaymentActivities } from '../../src/activities/payment.ts';
import { NO_BRAKES, type BrakeOn } from '../../src/contracts/ports/brakes.ts';
import { failureOf, runActivity } from '../support/activity-runs.ts';
import { chargeRequest, noPayments } from '../support/charges.ts';
import { scriptedProvider } from '../support/api/scripted-provider.ts';

describe('a charge while the provider is paused', () => {
  const brake: BrakeOn = { brakeId: 1, kind: 'provider', target: 'stripe' };

  /** Charges as the attempt with this number. Returns the failure, and how often the brake has counted it. */
  async function charged(attempt: number) {
    let counted = 0;
    const brakes = { ...NO_BRAKES, provider: () => brake, count: () => void (counted += 1) };
    const activities = createPaymentActivities(scriptedProvider(), noPayments, brakes);
    const failure = await failureOf(runActivity(activities, 'chargePayment', [[chargeRequest({})]], attempt));
    return {
      type: failure.type,
      retryable: failure.nonRetryable !== true,
      details: failure.details,
      counted,
    };
  }

  it('is not made, and counted once on the brake; the workflow is to wait', async () => {
    assert.deepEqual(await charged(1), {
      type: 'ProviderPaused',
      retryable: false,
      details: [{ mayHaveTaken: false }],
      counted: 1,
    });
  });

  it('may have been made by the attempt before, of which there was no answer: a cancelled order is not taken for uncharged', async () => {
    assert.deepEqual((await charged(2)).details, [{ mayHaveTaken: true }]);
  });
});
