import { Context, sleep } from '@temporalio/activity';
import type { AuditSession } from '../adapters/postgres/audit/session.ts';
import type { AuditDifference } from '../contracts/http/audit.ts';
import type {
  LabelRecords,
  OrderWorkflow,
  ProviderRecords,
  WorkflowLister,
} from '../contracts/ports/audit-sources.ts';
import { checkoutWorkflowId, fulfilmentWorkflowId, kindOfWorkflow } from '../contracts/temporal/names.ts';

interface AuditSources {
  provider: ProviderRecords;
  labels?: LabelRecords;
  workflows: WorkflowLister;
}

/** Maximum number of concurrent requests about the payments and workflows that are checked again. */
const MAX_CONCURRENT_REQUESTS = 8;

/**
 * Checks each difference again after each pause, from fresh data, and returns those that were found every time: the others belonged to
 * orders that were being processed. Narrows the session to the orders of the differences.
 *
 * @param pausesMs milliseconds
 */
export async function recheckDifferences(
  sources: AuditSources,
  session: AuditSession,
  differences: AuditDifference[],
  pausesMs: number[],
): Promise<AuditDifference[]> {
  let persistent = differences;
  for (const pause of pausesMs) {
    if (persistent.length === 0) break;
    await sleep(pause);
    await session.narrowTo(unique(persistent.flatMap(({ orderId }) => orderId ?? [])));
    await readAgain(sources, session, persistent);
    const found = new Map(
      (await session.compare()).found.map((difference) => [keyOf(difference), difference]),
    );
    persistent = persistent.flatMap((difference) => found.get(keyOf(difference)) ?? []);
  }
  return persistent;
}

/** Retrieves each payment and each label by its id, and asks Temporal about each workflow that should run, because lists may lag behind. */
async function readAgain(
  { provider, labels, workflows }: AuditSources,
  session: AuditSession,
  differences: AuditDifference[],
): Promise<void> {
  const paymentIntentIds = await session.listPaymentIds();
  const labelIds = labels ? await session.listLabelIds() : [];
  await session.discard(paymentIntentIds, labelIds);
  for await (const page of workflows.running()) await session.addWorkflows(page);
  const startedAt = new Date().toISOString();
  const described = await mapConcurrently(workflowsOf(differences), async (workflow) => ({
    ...workflow,
    startedAt,
    running: await workflows.isRunning(workflow.workflowId),
  }));
  await session.addWorkflows(described.filter(({ running }) => running));

  const payments = await mapConcurrently(paymentIntentIds, (paymentIntentId) =>
    provider.find(paymentIntentId),
  );
  const found = payments.filter((each) => each !== undefined);
  await session.addPayments(found.map(({ payment }) => payment));
  await session.addRefunds(found.flatMap(({ refunds }) => refunds));
  await session.addDisputes(found.flatMap(({ disputes }) => disputes));
  if (!labels) return;
  const bought = await mapConcurrently(labelIds, (carrierShipmentId) =>
    labels.findShipment({ carrierShipmentId }),
  );
  await session.addLabels(bought.filter((each) => each !== undefined));
}

/** Returns the results in no particular order. Throws when the activity is cancelled. */
async function mapConcurrently<T, R>(items: T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const { cancellationSignal } = Context.current();
  const remaining = [...items];
  const results: R[] = [];
  const work = async (): Promise<void> => {
    for (let item = remaining.shift(); item !== undefined; item = remaining.shift()) {
      cancellationSignal.throwIfAborted();
      results.push(await run(item));
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_REQUESTS }, work));
  return results;
}

/** The workflows that each difference is about: the order's own, and the one that the difference names. */
function workflowsOf(
  differences: AuditDifference[],
): Pick<OrderWorkflow, 'workflowId' | 'orderId' | 'kind'>[] {
  const byId = new Map<string, Pick<OrderWorkflow, 'workflowId' | 'orderId' | 'kind'>>();
  for (const { orderId, ids } of differences) {
    if (orderId === undefined) continue;
    const workflowIds = [checkoutWorkflowId(orderId), fulfilmentWorkflowId(orderId), ids['workflowId'] ?? []];
    for (const workflowId of workflowIds.flat())
      byId.set(workflowId, { workflowId, orderId, kind: kindOfWorkflow(workflowId) });
  }
  return [...byId.values()];
}

/** Identifies a difference on every check. Its detail is left out because it may change. */
const keyOf = ({ rule, orderId, ids }: AuditDifference): string => JSON.stringify([rule, orderId, ids]);

const unique = (texts: string[]): string[] => [...new Set(texts)];
