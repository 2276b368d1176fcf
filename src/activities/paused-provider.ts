import { activityInfo, ApplicationFailure } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { Brakes } from '../contracts/ports/brakes.ts';
import { PROVIDER_PAUSED_FAILURE, type PausedProvider } from '../contracts/temporal/messages.ts';

/** The shortest pause between two looks of one order. Milliseconds. */
const MIN_PAUSE_MS = 2_000;
/** Between two looks of this process: 50 a second, however many orders wait. After the release they come at that rate, too. Milliseconds. */
const SPACING_MS = 20;

/** Keeps calls that take money from the payment provider while an operator has paused it. */
export interface PausableProvider {
  /**
   * Call it before a call that takes money.
   *
   * @throws {ApplicationFailure} `ProviderPaused`, not retryable: the workflow waits for the release, which uses up no attempt of the call
   */
  readonly refuseWhilePaused: () => void;
  /**
   * Returns at once if the provider is not paused. Otherwise the activity is to be retried: so that no order occupies a worker while it
   * waits, and its history does not grow.
   *
   * @throws {ApplicationFailure} `ProviderPaused` with the time of the next attempt
   */
  readonly requireRelease: () => void;
}

export function pausableProvider(brakes: Brakes): PausableProvider {
  let lastLook = 0;
  return {
    refuseWhilePaused() {
      const brake = brakes.provider();
      if (!brake) return;
      const { attempt, isLocal } = activityInfo();
      // A local activity is followed by the activity, which counts the order.
      if (!isLocal) brakes.count(brake);
      // The attempt before may have reached the provider.
      const details: PausedProvider = { mayHaveTaken: attempt > 1 };
      throw paused({ nonRetryable: true, details: [details] });
    },
    requireRelease() {
      if (!brakes.provider()) return;
      const now = Date.now();
      lastLook = Math.max(now + MIN_PAUSE_MS, lastLook + SPACING_MS);
      throw paused({ nextRetryDelay: lastLook - now });
    },
  };
}

const paused = (options: { nonRetryable?: boolean; details?: unknown[]; nextRetryDelay?: number }) =>
  ApplicationFailure.create({
    message: 'An operator has paused the payment provider',
    type: PROVIDER_PAUSED_FAILURE,
    category: ApplicationFailureCategory.BENIGN,
    ...options,
  });
