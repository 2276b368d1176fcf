import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import type { History } from '../../src/workers/history-json.ts';
import { testWorkflowBundle } from './workflow-bundle.ts';

/** The histories of a workflow's runs, each of which has continued as the next one. */
export async function runChain(client: Client, workflowId: string, firstRunId: string): Promise<History[]> {
  const histories: History[] = [];
  for (let runId = firstRunId; runId !== '';) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push(history);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return histories;
}

/** Replays each run against the present code. @throws what a replay throws */
export async function replayChain(workflowId: string, histories: readonly History[]): Promise<void> {
  const workflowBundle = await testWorkflowBundle();
  for (const history of histories) await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
}

export const eventsOf = (history: History): number => history.events?.length ?? 0;
