import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';

type Activities<K extends string> = { [N in K]: (...args: never[]) => Promise<unknown> };
type Answer<T extends Activities<K>, K extends string> = Awaited<ReturnType<T[K]>>;

/** The failures are what the tests are about. */
const logger = new DefaultLogger('ERROR');

/** Runs one of the activities once, as the given attempt of Temporal's. */
export function runActivity<K extends string, T extends Activities<K>>(
  activities: T,
  name: K,
  args: Parameters<T[K]>,
  attempt = 1,
): Promise<Answer<T, K>> {
  const environment = new MockActivityEnvironment({ attempt }, { logger });
  const run = (): Promise<Answer<T, K>> => activities[name](...args) as Promise<Answer<T, K>>;
  return environment.run<[], Answer<T, K>, typeof run>(run);
}

/** Runs an activity as Temporal does: again, with the next attempt's number, until it answers or fails for good. */
export async function retriedActivity<K extends string, T extends Activities<K>>(
  activities: T,
  name: K,
  args: Parameters<T[K]>,
  attempts = 10,
): Promise<Answer<T, K>> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runActivity(activities, name, args, attempt);
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
