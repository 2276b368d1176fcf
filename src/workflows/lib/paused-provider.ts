import { CancellationScope, condition, isCancellation, log, patched } from '@temporalio/workflow';
import { awaitProvider } from './activities.ts';
import { pausedProvider } from './failures.ts';

/** Since 0.3. A run of an earlier version takes the pause for a fault of the provider. */
const WAIT_FOR_RELEASE = 'wait-for-the-release-of-the-provider';

export interface WaitOptions<T> {
  /** Called when the provider is paused. `mayHaveTaken`: an earlier attempt of this request may have reached the provider. */
  onPaused?: (mayHaveTaken: boolean) => void;
  /** When the request is not needed any more, which ends the wait, and what it results in then. */
  givenUp?: { when: () => boolean; result: T };
}

/**
 * Makes a request that takes money. While an operator has paused the payment provider it waits for the release and then makes the request
 * again: as part of the same round of the step, so that a pause neither parks the step nor uses up its attempts.
 *
 * @throws what the request has failed with
 */
export async function unlessPaused<T>(
  orderId: string,
  request: () => Promise<T>,
  { onPaused, givenUp }: WaitOptions<T> = {},
): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      const paused = pausedProvider(error);
      if (!paused || !patched(WAIT_FOR_RELEASE)) throw error;
      log.info('an operator has paused the payment provider; the order waits', { orderId });
      onPaused?.(paused.mayHaveTaken);
    }
    await untilReleased(orderId, givenUp?.when ?? (() => false));
    if (givenUp?.when() === true) return givenUp.result;
  }
}

async function untilReleased(orderId: string, isGivenUp: () => boolean): Promise<void> {
  const scope = new CancellationScope();
  const progress = { isOver: false };
  const wait = scope
    .run(() => awaitProvider([{ orderId }]))
    .catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    })
    .finally(() => (progress.isOver = true));
  await Promise.race([wait, condition(() => progress.isOver || isGivenUp())]);
  if (!progress.isOver) scope.cancel();
  await wait;
}
