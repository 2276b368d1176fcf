import assert from 'node:assert/strict';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { setTimeout as delay } from 'node:timers/promises';

type Activities<K extends string> = { [N in K]: (...args: never[]) => Promise<unknown> };
type ResultOf<T extends Activities<K>, K extends string> = Awaited<ReturnType<T[K]>>;

/** Warnings are hidden, because the tests cause failures on purpose. */
const logger = new DefaultLogger('ERROR');

/** Runs an activity once, as the attempt with this number. `heartbeatDetails` are those of the attempt before. */
export function runActivity<K extends string, T extends Activities<K>>(
  activities: T,
  name: K,
  args: Parameters<T[K]>,
  attempt = 1,
  heartbeatDetails?: unknown,
): Promise<ResultOf<T, K>> {
  return runIn(
    new MockActivityEnvironment({ attempt, heartbeatDetails }, { logger }),
    activities,
    name,
    args,
  );
}

/** Runs an activity that fails. Returns the details of its last heartbeat. */
export async function interruptedActivity<K extends string, T extends Activities<K>>(
  activities: T,
  name: K,
  args: Parameters<T[K]>,
): Promise<unknown> {
  const environment = new MockActivityEnvironment({ attempt: 1 }, { logger });
  let details: unknown;
  environment.on('heartbeat', (sent: unknown) => {
    details = sent;
  });
  await assert.rejects(runIn(environment, activities, name, args));
  return details;
}

function runIn<K extends string, T extends Activities<K>>(
  environment: MockActivityEnvironment,
  activities: T,
  name: K,
  args: Parameters<T[K]>,
): Promise<ResultOf<T, K>> {
  const run = (): Promise<ResultOf<T, K>> => activities[name](...args) as Promise<ResultOf<T, K>>;
  return environment.run<[], ResultOf<T, K>, typeof run>(run);
}

/** Runs an activity as Temporal does: retries it, with the next attempt's number, until it returns or fails for good. */
export async function retriedActivity<K extends string, T extends Activities<K>>(
  activities: T,
  name: K,
  args: Parameters<T[K]>,
  attempts = 10,
): Promise<ResultOf<T, K>> {
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

/** The failure of an activity, which must be an ApplicationFailure. */
export async function failureOf(work: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('The activity did not fail');
}
