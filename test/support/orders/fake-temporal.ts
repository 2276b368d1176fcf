import {
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';

/** What a call of a workflow does: `() => Promise.reject(…)`. */
type Answer = () => Promise<unknown>;

/** What Temporal answers, for what a real server does only when a worker dies or a workflow ends at the same moment. */
export interface TemporalAnswers {
  startUpdate?: Answer;
  executeUpdate?: Answer;
  startUpdateWithStart?: Answer;
  signal?: Answer;
  describe?: Answer;
  start?: Answer;
  /** The runs that the search by order finds, and the events of each page of their histories. */
  runs?: RecordedRuns;
}

export interface RecordedRuns {
  executions: readonly Record<string, unknown>[];
  /** The number of the page, from 0. */
  page: (number: number) => { events: unknown; isLast: boolean };
}

const notCalled: Answer = () => Promise.reject(new Error('this test expects no such call of Temporal'));

/** A client of Temporal with these answers. A call without one fails. */
export function fakeTemporal(answers: TemporalAnswers): Client {
  const {
    startUpdate = notCalled,
    executeUpdate = notCalled,
    startUpdateWithStart = notCalled,
    signal = notCalled,
    describe = notCalled,
    start = notCalled,
    runs,
  } = answers;
  return {
    withDeadline: (_deadline: number, run: Answer) => run(),
    workflow: {
      getHandle: () => ({ startUpdate, executeUpdate, signal, describe }),
      startUpdateWithStart,
      start,
    },
    options: { namespace: 'default' },
    workflowService: {
      listWorkflowExecutions: () => Promise.resolve({ executions: runs?.executions ?? [] }),
      getWorkflowExecutionHistory({ nextPageToken }: { nextPageToken: Uint8Array }) {
        const number = nextPageToken[0] ?? 0;
        const { events, isLast } = runs?.page(number) ?? { events: [], isLast: true };
        return Promise.resolve({
          history: { events },
          nextPageToken: isLast ? new Uint8Array() : new Uint8Array([number + 1]),
        });
      },
    },
  } as unknown as Client;
}

export const timedOut = (): Promise<never> =>
  Promise.reject(new WorkflowUpdateRPCTimeoutOrCancelledError('no worker answered in time'));

export const notFound = (): Promise<never> =>
  Promise.reject(new WorkflowNotFoundError('no such workflow', 'order/ord_x', undefined));

/** An update that the workflow has refused or failed. */
export const updateFails =
  (type: string): (() => Promise<never>) =>
  () =>
    Promise.reject(new WorkflowUpdateFailedError('failed', ApplicationFailure.nonRetryable('no', type)));

export const broken = (): Promise<never> => Promise.reject(new Error('broken'));
