import type { Client } from '@temporalio/client';
import type { EndedWorkflow } from '../../contracts/ports/ended-workflows.ts';
import {
  CANCELLATION_WORKFLOW,
  CAPTURE_WORKFLOW,
  CHECKOUT_WORKFLOW,
  DISPUTES_WORKFLOW,
  FULFILMENT_WORKFLOW,
  GROUP_WORKFLOW,
  LATE_PAYMENT_WORKFLOW,
  RECONCILIATION_WORKFLOW,
  REFUND_WORKFLOW,
  RETURN_WORKFLOW,
  RETURNED_REFUND_WORKFLOW,
  SEARCH_ATTRIBUTES,
} from '../../contracts/temporal/names.ts';
import { ORDER_OF_WORKFLOW, orderIdsOf, type AuditedQueues } from './workflow-lister.ts';

const PAGE_SIZE = 200;
const PAGE_DEADLINE_MS = 30_000;

const CHECKOUTS = `WorkflowType in ('${CHECKOUT_WORKFLOW}', '${GROUP_WORKFLOW}')`;
const TYPES = [
  ...[CHECKOUT_WORKFLOW, GROUP_WORKFLOW, REFUND_WORKFLOW, CANCELLATION_WORKFLOW, CAPTURE_WORKFLOW],
  ...[LATE_PAYMENT_WORKFLOW, RETURNED_REFUND_WORKFLOW, FULFILMENT_WORKFLOW, RETURN_WORKFLOW],
  ...[RECONCILIATION_WORKFLOW, DISPUTES_WORKFLOW],
];

/**
 * Lists the workflows of orders that were ended since a time: terminated, failed, timed out, or cancelled without an answer of their code.
 * With them the checkouts that have completed while their order was only placed: they did not carry it, and whoever carries it may have
 * never been started. Visibility shows a workflow some time after it has closed.
 */
export async function* listEndedWorkflows(
  client: Client,
  { checkout, fulfilment }: AuditedQueues,
  since: Date,
): AsyncIterable<EndedWorkflow[]> {
  const ended = `ExecutionStatus in ('Terminated', 'Failed', 'TimedOut', 'Canceled') and WorkflowType in (${TYPES.map((type) => `'${type}'`).join(', ')})`;
  const gaveUp = `ExecutionStatus = 'Completed' and ${CHECKOUTS} and ${SEARCH_ATTRIBUTES.orderStatus.name} = 'placed'`;
  const query = `TaskQueue in ('${checkout}', '${fulfilment}') and CloseTime >= '${since.toISOString()}' and ((${ended}) or (${gaveUp}))`;
  let nextPageToken = new Uint8Array();
  do {
    const request = { namespace: client.options.namespace, query, pageSize: PAGE_SIZE, nextPageToken };
    const page = await client.withDeadline(Date.now() + PAGE_DEADLINE_MS, () =>
      client.workflowService.listWorkflowExecutions(request),
    );
    yield page.executions.map(({ execution, type, searchAttributes }) => {
      const workflowId = execution?.workflowId ?? '';
      const [, named] = ORDER_OF_WORKFLOW.exec(workflowId) ?? [];
      return {
        workflowId,
        runId: execution?.runId ?? '',
        type: type?.name ?? '',
        orderIds: named === undefined ? orderIdsOf(searchAttributes) : [named],
      };
    });
    nextPageToken = new Uint8Array(page.nextPageToken);
  } while (nextPageToken.length > 0);
}
