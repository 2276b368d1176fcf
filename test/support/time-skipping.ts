import assert from 'node:assert/strict';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { CHANGED_SIGNAL } from '../../src/contracts/temporal/messages.ts';
import { TASK_QUEUES } from '../../src/contracts/temporal/names.ts';
import { ensureSearchAttributes } from '../../src/platform/temporal.ts';
import { temporalTestServerPath } from '../../dev/temporal/cli.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { testWorkflowBundle } from './workflow-bundle.ts';

/** A run of a fulfilment or a return continues as new when its history has more events. */
const MAX_EVENTS = 1_500;
/** The server loses a run that receives a signal while it continues as new: near the end of the run, the signals come one by one. */
const SIGNALS_PER_BATCH = 50;
const MAX_EVENTS_PER_BATCH = 400;
/**
 * The server loses a run whose workflow task cancels a timer that is fired just then (temporalio/sdk-java#2606, #3088). Tests and workflows
 * count in whole minutes, so a test that goes on when a pause ends would meet it.
 */
const AFTER_TIMERS_MS = 1_500;

/** All workflows on Temporal's time-skipping server, with one set of activities on every task queue. */
export interface TimeSkippingServer {
  client: Client;
  /** Lets this much time pass, and a moment more: timers that are due at its end have fired. */
  sleep(ms: number): Promise<void>;
  /** Makes the history of the run too long by signals, and waits for the next run. */
  continueAsNew(workflowId: string): Promise<void>;
  /** Replays a run and those that it has continued as, against the present code. @throws what a replay throws */
  replayRuns(workflowId: string, firstRunId: string): Promise<void>;
  close(): Promise<void>;
}

export async function openTimeSkippingServer(activities: object): Promise<TimeSkippingServer> {
  const path = await temporalTestServerPath({ dataDir: '.data', logger: testLogger });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await ensureSearchAttributes(environment.nativeConnection, 'default', testLogger);
  const base = {
    connection: environment.nativeConnection,
    namespace: 'default',
    activities,
    shutdownForceTime: '5s' as const,
  };
  const workflowBundle = await testWorkflowBundle();
  const workers = [
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.fulfilment, workflowBundle }),
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.checkout, workflowBundle }),
    await Worker.create({ ...base, taskQueue: TASK_QUEUES.notifications }),
  ];
  const running = workers.map((worker) => worker.run());
  const { client } = environment;

  return {
    client,
    sleep: (ms) => environment.sleep(ms + AFTER_TIMERS_MS),
    async continueAsNew(workflowId) {
      const handle = client.workflow.getHandle(workflowId);
      const { runId } = await handle.describe();
      const run = client.workflow.getHandle(workflowId, runId);
      for (let length = 0, continued = false; !continued;) {
        const signals = length < MAX_EVENTS - MAX_EVENTS_PER_BATCH ? SIGNALS_PER_BATCH : 1;
        await Promise.all(Array.from({ length: signals }, () => run.signal(CHANGED_SIGNAL)));
        ({ length, continued } = await waitUntilPasses(async () => {
          const events = (await run.fetchHistory()).events ?? [];
          const last = events.at(-1);
          assert.ok(!last?.workflowExecutionSignaledEventAttributes, 'the workflow has the signal');
          assert.ok(!last?.workflowTaskScheduledEventAttributes, 'its worker has the workflow task');
          assert.ok(!last?.workflowTaskStartedEventAttributes, 'the workflow task is completed');
          return { length: events.length, continued: !!last?.workflowExecutionContinuedAsNewEventAttributes };
        }));
      }
    },
    async replayRuns(workflowId, firstRunId) {
      for (let runId = firstRunId; runId !== '';) {
        const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
        await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
        runId =
          history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
      }
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.allSettled(running);
      await environment.teardown();
    },
  };
}
