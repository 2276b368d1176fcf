import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';

type Activity<A extends unknown[], R> = (...args: A) => Promise<R>;

/** The failures are what the tests are about. */
const logger = new DefaultLogger('ERROR');

/** Runs an activity once, as the given attempt of Temporal's. */
export function runActivity<A extends unknown[], R>(
  activity: Activity<A, R>,
  args: A,
  attempt = 1,
): Promise<R> {
  return new MockActivityEnvironment({ attempt }, { logger }).run<A, R, Activity<A, R>>(activity, ...args);
}

/** Runs an activity as Temporal does: again, with the next attempt's number, until it answers or fails for good. */
export async function retriedActivity<A extends unknown[], R>(
  activity: Activity<A, R>,
  args: A,
  attempts = 10,
): Promise<R> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runActivity(activity, args, attempt);
    } catch (error) {
      const final = error instanceof ApplicationFailure && error.nonRetryable === true;
      if (final || attempt === attempts) throw error;
      await delay(10 * attempt);
    }
  }
}

/** What the activity fails with, which must be one of Temporal's failures. */
export async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
