import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto, { type temporal } from '@temporalio/proto';
import type { OrderWorkflow, RecordPage, WorkflowLister } from '../../contracts/ports/audit-sources.ts';
import {
  CHECKOUT_WORKFLOW,
  GROUP_WORKFLOW,
  kindOfWorkflow,
  SEARCH_ATTRIBUTES,
  TASK_QUEUES,
} from '../../contracts/temporal/names.ts';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** The server's maximum. */
const PAGE_SIZE = 1_000;
const PAGE_DEADLINE_MS = 30_000;
/** The order in the id of its checkout, or of another workflow of it. */
export const ORDER_OF_WORKFLOW = /^order\/(ord_[0-9a-z]+)(?:\/.+)?$/;
const RUNNING = proto.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;

/** The task queues whose workflows are listed. */
export type AuditedQueues = Pick<Record<keyof typeof TASK_QUEUES, string>, 'checkout' | 'fulfilment'>;

export function createWorkflowLister(
  client: Client,
  { checkout, fulfilment }: AuditedQueues = TASK_QUEUES,
  pageSize = PAGE_SIZE,
): WorkflowLister {
  const ofCheckout = `TaskQueue = '${checkout}'`;

  /** Calls the service directly: for a hundred thousand workflows only the ids are needed, and the client would decode every memo. */
  async function* list(query: string, from?: string): AsyncIterable<RecordPage<OrderWorkflow>> {
    let nextPageToken = Buffer.from(from ?? '', 'base64');
    do {
      const request = {
        namespace: client.options.namespace,
        query,
        pageSize,
        nextPageToken,
      };
      const page = await client.withDeadline(Date.now() + PAGE_DEADLINE_MS, () =>
        client.workflowService.listWorkflowExecutions(request),
      );
      nextPageToken = Buffer.from(page.nextPageToken);
      yield {
        records: page.executions.flatMap(toOrderWorkflows),
        ...(nextPageToken.length > 0 && { next: nextPageToken.toString('base64') }),
      };
    } while (nextPageToken.length > 0);
  }

  return {
    async *running() {
      const query = `TaskQueue in ('${checkout}', '${fulfilment}') and ExecutionStatus = 'Running'`;
      for await (const { records } of list(query)) yield records;
    },

    closedCheckouts: (since, from) =>
      list(
        `${ofCheckout} and WorkflowType in ('${CHECKOUT_WORKFLOW}', '${GROUP_WORKFLOW}') and ExecutionStatus != 'Running'` +
          ` and StartTime >= '${since.toISOString()}'`,
        from,
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

/** An order that is to begin later has its workflow from the beginning: the execution time is when it begins. */
function toOrderWorkflows({
  execution,
  status,
  startTime,
  executionTime,
  searchAttributes,
}: Execution): OrderWorkflow[] {
  const workflowId = execution?.workflowId ?? '';
  const [, named] = ORDER_OF_WORKFLOW.exec(workflowId) ?? [];
  const orderIds = named === undefined ? orderIdsOf(searchAttributes) : [named];
  return orderIds.map((orderId) => ({
    workflowId,
    orderId,
    kind: kindOfWorkflow(workflowId),
    running: status === RUNNING,
    startedAt: new Date(Number((executionTime ?? startTime)?.seconds ?? 0) * 1000).toISOString(),
  }));
}

/** The orders of a workflow that processes several. Search attributes are JSON, whatever encodes the payloads. */
export function orderIdsOf(attributes: Execution['searchAttributes']): string[] {
  const data = attributes?.indexedFields?.[SEARCH_ATTRIBUTES.orderId.name]?.data;
  const value: unknown = data ? JSON.parse(Buffer.from(data).toString()) : [];
  return [value].flat().filter((id): id is string => typeof id === 'string');
}
