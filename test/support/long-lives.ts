import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/temporal/names.ts';
import { DAY_MS } from '../../src/domain/backoff.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/parked-steps.ts';
import { eventsOf, replayChain, runChain } from './run-chain.ts';
import type { CheckoutHandle, CheckoutRun, OrderChanges, WorkflowStage } from './workflows.ts';
import type { Script } from './scripted-activities.ts';

const { name, type } = SEARCH_ATTRIBUTES.needsAttention;
const NEEDS_ATTENTION = defineSearchAttributeKey(name, type);

export const YEAR_MS = 365 * DAY_MS;
const MAX_EVENTS_OF_RUN = 2_000;

/** An activity that behaves in one way until it is switched, and then in another. */
export function switchable<Behaviour>(first: Behaviour, then: Behaviour): { run: Behaviour; switch(): void } {
  let now = first;
  const run = (...items: unknown[]): unknown => (now as (...args: unknown[]) => unknown)(...items);
  return {
    run: run as Behaviour,
    switch: () => {
      now = then;
    },
  };
}

export const runIdOf = async (handle: WorkflowHandle): Promise<string> => (await handle.describe()).runId;

/** What the search attribute `NeedsAttention` is now. */
export async function needsAttention(handle: WorkflowHandle): Promise<unknown> {
  const { typedSearchAttributes } = await handle.describe();
  return typedSearchAttributes.get(NEEDS_ATTENTION);
}

export const resolve = (handle: WorkflowHandle, step: string, action: 'retry' | 'skip' | 'resolve') =>
  handle.executeUpdate(resolveStepUpdate, { args: [{ step, action }] });

/** Lets time pass until the workflow has continued as new. */
export async function continuesAsNew(stage: WorkflowStage, handle: WorkflowHandle): Promise<void> {
  const before = await runIdOf(handle);
  for (let days = 0; (await runIdOf(handle)) === before; days += 5) {
    assert.ok(days < 400, 'the workflow does not continue as new');
    await stage.environment.sleep(5 * DAY_MS);
  }
}

/** Checks that every run is short and replays. Returns the number of events of each. */
export async function lengthsOf(
  stage: WorkflowStage,
  { workflowId }: WorkflowHandle,
  firstRunId: string,
): Promise<number[]> {
  const histories = await runChain(stage.environment.client, workflowId, firstRunId);
  await replayChain(workflowId, histories);
  const lengths = histories.map(eventsOf);
  for (const length of lengths) assert.ok(length < MAX_EVENTS_OF_RUN, `runs have ${lengths.join(', ')}`);
  return lengths;
}

/** Runs a checkout that continues as new during `act`, and checks all its runs. */
export function longCheckout(
  stage: WorkflowStage,
  script: Script,
  act: (handle: CheckoutHandle, seen: CheckoutRun) => Promise<void>,
  changes?: OrderChanges,
) {
  return stage.runCheckout(
    script,
    async (handle, seen) => {
      const first = await runIdOf(handle);
      await act(handle, seen);
      await handle.result();
      const lengths = await lengthsOf(stage, handle, first);
      assert.ok(lengths.length > 1);
    },
    changes,
  );
}
