import { log, proxyActivities, proxyLocalActivities, sleep, TemporalFailure } from '@temporalio/workflow';
import type {
  NotificationActivities,
  OrderActivities,
  PaymentActivities,
  StockActivities,
} from '../contracts/activities.ts';
import { TASK_QUEUES } from '../contracts/temporal.ts';
import { pauseBefore, type Backoff } from '../domain/backoff.ts';

/** Steps that touch only our PostgreSQL run inside the workflow task: no round trip to the server, no queue. */
export const { reserveStock, releaseStock, confirmOrder, recordWaiting } = proxyLocalActivities<
  StockActivities & OrderActivities
>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '2s', maximumAttempts: 8 },
});

/**
 * Calls to the payment provider. A worker that dies in the middle is noticed by its missing heartbeat. When the
 * attempts are used up the outcome is unknown, which is not a decline: the story goes on asking.
 */
export const { chargePayment, retrievePayment, voidPayment, refundPayment } =
  proxyActivities<PaymentActivities>({
    startToCloseTimeout: '60s',
    heartbeatTimeout: '10s',
    retry: { initialInterval: '300ms', backoffCoefficient: 2, maximumInterval: '5s', maximumAttempts: 5 },
  });

/**
 * A mail's first try, within the order's own task: nearly every one leaves so, and costs the order no more trips to the
 * server. It is short, and the order is decided before it.
 */
export const { notify: notifyAtOnce } = proxyLocalActivities<NotificationActivities>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

/** A mail that did not leave at once is tried beside the order, for a day; after that somebody has to look. */
export const { notify } = proxyActivities<NotificationActivities>({
  taskQueue: TASK_QUEUES.notifications,
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '24h',
  heartbeatTimeout: '15s',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5m' },
});

/** At a quarter of an hour a history reaches the server's limit of events after months, not days. */
const PAUSE: Backoff = { firstMs: 1_000, maxMs: 900_000 };
/** About a minute with the pauses and retries of a step. */
export const ROUNDS_BEFORE_ATTENTION = 5;

/**
 * Runs a step until it succeeds: nothing that was begun is dropped because a database or a provider was away. When
 * it has failed for about a minute, `onAttention` is told once, and again (false) when it has gone well after all.
 */
export async function untilDone<T>(
  name: string,
  step: () => Promise<T>,
  onAttention: (needed: boolean) => void,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    try {
      const result = await step();
      if (round >= ROUNDS_BEFORE_ATTENTION) onAttention(false);
      return result;
    } catch (error) {
      if (!isStepFailure(error)) throw error;
      log.warn('a step fails and is tried again', { step: name, round });
      if (round + 1 === ROUNDS_BEFORE_ATTENTION) onAttention(true);
      await sleep(pauseBefore(round, PAUSE), { summary: `${name} failed: again after a pause` });
    }
  }
}

/**
 * A step failed beyond its retries, as against a mistake in the workflow's own code. A local activity's failure comes
 * bare, an ordinary one's inside an ActivityFailure.
 */
export const isStepFailure = (error: unknown): boolean => error instanceof TemporalFailure;

/** The outcome of a step that was taken for one order. */
export function only<T>(outcomes: T[]): T {
  const [outcome] = outcomes;
  if (outcome === undefined) throw new Error('a step answered nothing for its order');
  return outcome;
}
