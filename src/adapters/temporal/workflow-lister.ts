import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';
import type { OrderWorkflow, WorkflowLister } from '../../contracts/ports/audit-sources.ts';
import {
  CHECKOUT_WORKFLOW,
  GROUP_WORKFLOW,
  SEARCH_ATTRIBUTES,
  TASK_QUEUES,
} from '../../contracts/temporal/names.ts';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** What the server gives at most. */
const PAGE = 1_000;
/** For one page. */
const DEADLINE_MS = 30_000;
const ORDER_OF_WORKFLOW = /^order\/(ord_[0-9a-z]+)(\/.+)?$/;
const RUNNING = proto.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;

export function createWorkflowLister(
  client: Client,
  taskQueue: string = TASK_QUEUES.checkout,
): WorkflowLister {
  const ours = `TaskQueue = '${taskQueue}'`;

  /** Pages as they come over the wire: of a hundred thousand runs only ids are wanted, and no memo is decoded. */
  async function* list(query: string): AsyncIterable<OrderWorkflow[]> {
    let nextPageToken = new Uint8Array();
    do {
      const request = {
        namespace: client.options.namespace,
        query,
        pageSize: PAGE,
        nextPageToken,
      };
      const page = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflowService.listWorkflowExecutions(request),
      );
      yield page.executions.flatMap(toOrderWorkflows);
      nextPageToken = new Uint8Array(page.nextPageToken);
    } while (nextPageToken.length > 0);
  }

  return {
    running: () => list(`${ours} and ExecutionStatus = 'Running'`),

    closedCheckouts: (since) =>
      list(
        `${ours} and WorkflowType in ('${CHECKOUT_WORKFLOW}', '${GROUP_WORKFLOW}') and ExecutionStatus != 'Running'` +
          (since === undefined ? '' : ` and StartTime >= '${since.toISOString()}'`),
      ),

    async isRunning(workflowId) {
      try {
        const { status } = await client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return false;
        throw error;
      }
    },
  };
}

function toOrderWorkflows({ execution, status, startTime, searchAttributes }: Execution): OrderWorkflow[] {
  const workflowId = execution?.workflowId ?? '';
  const [, named, operation] = ORDER_OF_WORKFLOW.exec(workflowId) ?? [];
  const orderIds = named === undefined ? orderIdsOf(searchAttributes) : [named];
  return orderIds.map((orderId) => ({
    workflowId,
    orderId,
    story: operation === undefined,
    running: status === RUNNING,
    startedAt: new Date(Number(startTime?.seconds ?? 0) * 1000).toISOString(),
  }));
}

/** Of a workflow that carries several orders. Search attributes are JSON whatever the payloads are encoded with. */
function orderIdsOf(attributes: Execution['searchAttributes']): string[] {
  const data = attributes?.indexedFields?.[SEARCH_ATTRIBUTES.orderId.name]?.data;
  const value: unknown = data ? JSON.parse(Buffer.from(data).toString()) : [];
  return [value].flat().filter((id): id is string => typeof id === 'string');
}
