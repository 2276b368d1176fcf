import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type WorkflowExecutionInfo } from '@temporalio/client';
import {
  Worker,
  type InjectedSinks,
  type NativeConnection,
  type ReplayHistoriesIterable,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import {
  BATCH_WORKFLOW,
  CHECKOUT_WORKFLOW,
  FULFILMENT_WORKFLOW,
  RETURN_WORKFLOW,
} from '../contracts/temporal/names.ts';
import type { TraceSinks } from '../contracts/temporal/trace-sinks.ts';
import { historyFromJson } from './history-json.ts';
import { bundleWorkflows } from './workflow-bundle.ts';

/** Those that run for so long that a deploy meets them. */
const LIVE_WORKFLOWS = [CHECKOUT_WORKFLOW, FULFILMENT_WORKFLOW, RETURN_WORKFLOW, BATCH_WORKFLOW];

/** Of a bundle with traces. A replay exports none. */
const sinks: InjectedSinks<TraceSinks> = { traces: { ran: { fn: () => undefined } } };

export interface ReplayOutcome {
  name: string;
  ok: boolean;
  error?: string;
}

/**
 * Replays the recorded histories of a folder against the present workflow code. Changes nothing.
 *
 * `bundle`: the present workflow code; without it, the sources are bundled.
 */
export function replayHistories({
  dir,
  bundle,
}: {
  dir: string;
  bundle?: WorkflowBundleOption;
}): AsyncIterable<ReplayOutcome> {
  return replay(recorded(dir), bundle);
}

/**
 * Replays the histories of checkouts, fulfilments, returns and batches of a Temporal server against the present workflow code, to find before a deploy which orders it
 * would break: all running ones, and the newest `limit` closed ones of each type. Changes nothing.
 *
 * @param bundle the present workflow code; without it, the sources are bundled
 */
export function replayLive(
  connection: NativeConnection,
  namespace: string,
  limit: number,
  bundle?: WorkflowBundleOption,
): AsyncIterable<ReplayOutcome> {
  return replay(live(new Client({ connection, namespace }), limit), bundle);
}

async function* replay(
  histories: ReplayHistoriesIterable,
  bundle?: WorkflowBundleOption,
): AsyncIterable<ReplayOutcome> {
  const workflowBundle = bundle ?? (await bundleWorkflows());
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, sinks }, histories)) {
    yield error ? { name: workflowId, ok: false, error: error.message } : { name: workflowId, ok: true };
  }
}

async function* recorded(dir: string): ReplayHistoriesIterable {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.json')).sort();
  for (const name of names) {
    const history = historyFromJson(JSON.parse(await readFile(join(dir, name), 'utf8')));
    yield { workflowId: name.replace(/\.json$/, ''), history };
  }
}

async function* live(client: Client, limit: number): ReplayHistoriesIterable {
  for (const type of LIVE_WORKFLOWS) {
    const ofType = `WorkflowType = '${type}'`;
    const running = client.workflow.list({ query: `${ofType} and ExecutionStatus = 'Running'` });
    const closed = client.workflow.list({ query: `${ofType} and ExecutionStatus != 'Running'` });
    for await (const { workflowId, runId } of chain(running, first(closed, limit)))
      yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
  }
}

async function* chain(
  ...lists: AsyncIterable<WorkflowExecutionInfo>[]
): AsyncIterable<WorkflowExecutionInfo> {
  for (const list of lists) yield* list;
}

async function* first<T>(items: AsyncIterable<T>, limit: number): AsyncIterable<T> {
  let count = 0;
  for await (const item of items) {
    if (count++ >= limit) return;
    yield item;
  }
}
