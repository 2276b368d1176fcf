import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { RunFold } from './fold.ts';
import { finishRun, type PresentRun, type ReadRun } from './nodes.ts';

/** How long Temporal may take for one answer. Milliseconds. */
const DEADLINE_MS = 5_000;
/** Between two pages the process does other work. */
const PAGE_SIZE = 250;
/** A run goes on as another one after 1,500 events where it can. What is longer is read up to here. */
const MAX_EVENTS = 5_000;
const NOT_FOUND = 5;

export interface RunToRead {
  workflowId: string;
  runId: string;
  isOpen: boolean;
}

export interface ReadHistory extends ReadRun {
  truncated: boolean;
}

/** Reads the nodes of runs from Temporal. */
export interface RunReader {
  /**
   * Returns `undefined` if Temporal does not have the run, or no longer. `parked`: the names of its steps that wait for an operator.
   *
   * @throws {Error} if Temporal does not answer in time
   */
  read(run: RunToRead, orderId: string, parked: readonly string[]): Promise<ReadHistory | undefined>;
}

export function createRunReader(client: Client): RunReader {
  const withDeadline = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + DEADLINE_MS, call);

  async function presentOf({ workflowId, runId }: RunToRead): Promise<PresentRun> {
    const { pendingActivities, pendingWorkflowTask } = await withDeadline(() =>
      client.workflowService.describeWorkflowExecution({
        namespace: client.options.namespace,
        execution: { workflowId, runId },
      }),
    );
    return { pending: pendingActivities, hasTask: Boolean(pendingWorkflowTask) };
  }

  /** Each page is folded as it comes, so that no history is held as a whole. Returns whether something was left out. */
  async function readEvents(fold: RunFold, { workflowId, runId }: RunToRead): Promise<boolean> {
    let nextPageToken = new Uint8Array();
    let count = 0;
    do {
      const page = await withDeadline(() =>
        client.workflowService.getWorkflowExecutionHistory({
          namespace: client.options.namespace,
          execution: { workflowId, runId },
          maximumPageSize: PAGE_SIZE,
          nextPageToken,
        }),
      );
      const events = page.history?.events ?? [];
      for (const event of events) fold.add(event);
      count += events.length;
      nextPageToken = new Uint8Array(page.nextPageToken);
    } while (nextPageToken.length > 0 && count < MAX_EVENTS);
    return nextPageToken.length > 0;
  }

  return {
    async read(run, orderId, parked) {
      try {
        // The description first: what has ended since then has ended in the history too.
        const present = run.isOpen ? await presentOf(run) : {};
        const fold = new RunFold(orderId);
        const truncated = await readEvents(fold, run);
        return { ...finishRun(fold, { ...present, parked }), truncated };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}

const isNotFound = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError ||
  (error instanceof Error && 'code' in error && error.code === NOT_FOUND);
