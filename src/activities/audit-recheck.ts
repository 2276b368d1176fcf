import type { AuditSession, Suspect } from '../adapters/postgres/audit/session.ts';
import type {
  LabelRecords,
  OrderWorkflow,
  ProviderRecords,
  WorkflowLister,
} from '../contracts/ports/audit-sources.ts';
import { checkoutWorkflowId, fulfilmentWorkflowId, kindOfWorkflow } from '../contracts/temporal/names.ts';
import { mapConcurrently } from './map-concurrently.ts';

interface Recheck {
  provider: ProviderRecords;
  labels?: LabelRecords;
  workflows: WorkflowLister;
  /** The audit, with its differences. */
  audit: AuditSession;
  /** An audit of its own, without differences, for fresh records of a few orders at a time. */
  fresh: AuditSession;
  /** Called now and then. Throws when the activity is cancelled. */
  isGoingOn: () => void;
}

const RECHECK_BATCH_SIZE = 200;

/**
 * Checks each difference once more, from fresh data, and deletes those that are gone: they belonged to orders that were being
 * processed. Returns how many remain. Safe to repeat.
 */
export async function recheckDifferences(recheck: Recheck): Promise<number> {
  const { audit, fresh, workflows, isGoingOn } = recheck;
  const suspected = new Set(await audit.suspectedOrders());
  for await (const page of workflows.running()) {
    isGoingOn();
    await fresh.addWorkflows(page.filter(({ orderId }) => suspected.has(orderId)));
  }
  let remaining = 0;
  for (let after: string | undefined; ;) {
    const suspects = await audit.suspects(after, RECHECK_BATCH_SIZE);
    if (suspects.length === 0) return remaining;
    isGoingOn();
    remaining += await checkAgain(recheck, suspects);
    after = suspects
      .map(({ orderId = '' }) => orderId)
      .sort()
      .at(-1);
  }
}

async function checkAgain(recheck: Recheck, suspects: Suspect[]): Promise<number> {
  const { audit, fresh } = recheck;
  await fresh.clear();
  await readAgain(recheck, suspects);
  const levels = suspects.flatMap(levelOf);
  const again = await fresh.find(unique(suspects.map(({ rule }) => rule)), levels);
  const suspected = new Set(suspects.map(keyOf));
  const found = again.filter((each) => suspected.has(keyOf(each)));
  const persistent = new Set(found.map(keyOf));
  const gone = suspects.filter((each) => !persistent.has(keyOf(each)));
  await audit.settleSuspects(gone, found);
  // All movements of these levels were summed now, and add up: their checkpoints are wrong.
  await audit.deleteCheckpoints(gone.flatMap(levelOf));
  return found.length;
}

/** Retrieves each payment and each label by its id, and asks Temporal about each workflow that should run, because lists may lag behind. */
async function readAgain(
  { provider, labels, workflows, audit, fresh }: Recheck,
  suspects: Suspect[],
): Promise<void> {
  const orderIds = unique(suspects.flatMap(({ orderId }) => orderId ?? []));
  const named = (name: string): string[] => suspects.flatMap(({ ids }) => ids[name] ?? []);
  await fresh.addOrders(orderIds);
  await fresh.addWorkflows(await audit.closedWorkflowsOf(orderIds));
  const startedAt = new Date().toISOString();
  const described = await mapConcurrently(workflowsOf(suspects), async (workflow) => ({
    ...workflow,
    startedAt,
    running: await workflows.isRunning(workflow.workflowId),
  }));
  await fresh.addWorkflows(described.filter(({ running }) => running));

  const paymentIntentIds = unique([...(await audit.paymentsOf(orderIds)), ...named('paymentIntentId')]);
  const payments = await mapConcurrently(paymentIntentIds, (id) => provider.find(id));
  const known = payments.filter((each) => each !== undefined);
  await fresh.addPayments(known.map(({ payment }) => payment));
  await fresh.addRefunds(known.flatMap(({ refunds }) => refunds));
  await fresh.addDisputes(known.flatMap(({ disputes }) => disputes));
  if (!labels) return;
  const labelIds = unique([...(await audit.labelsOf(orderIds)), ...named('carrierShipmentId')]);
  const bought = await mapConcurrently(labelIds, (carrierShipmentId) =>
    labels.findShipment({ carrierShipmentId }),
  );
  await fresh.addLabels(bought.filter((each) => each !== undefined));
}

/** The workflows that each difference is about: the order's own, and the one that the difference names. */
function workflowsOf(suspects: Suspect[]): Pick<OrderWorkflow, 'workflowId' | 'orderId' | 'kind'>[] {
  const byId = new Map<string, Pick<OrderWorkflow, 'workflowId' | 'orderId' | 'kind'>>();
  for (const { orderId, ids } of suspects) {
    if (orderId === undefined) continue;
    const workflowIds = [checkoutWorkflowId(orderId), fulfilmentWorkflowId(orderId), ids['workflowId'] ?? []];
    for (const workflowId of workflowIds.flat())
      byId.set(workflowId, { workflowId, orderId, kind: kindOfWorkflow(workflowId) });
  }
  return [...byId.values()];
}

function levelOf({ orderId, ids: { sku, location } }: Suspect): [string, string][] {
  return orderId === undefined && sku !== undefined && location !== undefined ? [[sku, location]] : [];
}

/** Identifies a difference on every check. Its detail is left out because it may change. */
const keyOf = ({ rule, orderId, ids }: Suspect): string => JSON.stringify([rule, orderId, ids]);

const unique = (texts: string[]): string[] => [...new Set(texts)];
