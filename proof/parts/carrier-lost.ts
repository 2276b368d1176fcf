import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { CHECKOUT_WORKFLOW, checkoutWorkflowId, TASK_QUEUES } from '../../src/contracts/temporal/names.ts';
import { createCheckoutClient } from '../../src/orders/temporal/checkout-client.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';
import { findDifferences } from '../orders/audit.ts';
import { arrive, SHIPPING_SHOP, type Placed } from '../orders/load.ts';
import { waitUntilAllEnded, wrongEnds } from '../orders/quiesce.ts';
import { randomOf, type Random } from '../orders/random.ts';
import { violationLine } from '../report/report.ts';
import type { PartResult, Recovery, Violation } from '../report/result.ts';
import { startServers } from '../system/servers.ts';
import { startShop, type Shop } from '../system/shop.ts';
import type { Part, ProofContext } from './part.ts';

export interface CarrierLostPlan {
  readonly rounds: number;
  /** The orders of a round, a few at a time. */
  readonly orders: number;
}

const FULL: CarrierLostPlan = { rounds: 10, orders: 60 };
const QUICK: CarrierLostPlan = { rounds: 1, orders: 24 };

/** After this time an order without a workflow would need attention. */
const MAX_RECOVERY_MS = 120_000;
const END_TIMEOUT_MS = 300_000;
const ARRIVAL_INTERVAL_MS = 250;
const ATTACK_INTERVAL_MS = 100;
/** So often a workflow of one order is ended at most: more often than that, the order waits for an operator. */
const MAX_ATTACKS = 2;

/** What is done to a running workflow of an order. */
const ATTACKS = ['terminated by hand', 'history limit reached', 'deleted', 'reset', 'started late'] as const;
type Attack = (typeof ATTACKS)[number];

/** The workflows of orders are terminated, deleted and reset, and starts arrive that come too late. */
export const carrierLostPart: Part = {
  name: 'carrier-lost',
  run: (context) => runCarrierLost(context, context.quick ? QUICK : FULL),
};

export async function runCarrierLost(context: ProofContext, plan: CarrierLostPlan): Promise<PartResult> {
  const random = randomOf(context.seed);
  const faults: Record<string, number> = {};
  const recoveries: Recovery[] = [];
  const violations: Violation[] = [];
  const servers = await startServers(context);
  let shop: Shop | undefined;
  let restarted: number;
  try {
    const built = await context.built();
    const { folder } = context;
    shop = await startShop({
      name: 'carrier_lost',
      ...{ servers, built, folder, workers: 2 },
      ...SHIPPING_SHOP,
    });
    for (let n = 0; n < plan.rounds; n += 1) {
      const found = await attackOrders(shop, plan.orders, `${context.seed}-${n}`, random, faults, recoveries);
      for (const what of found) {
        const violation = { at: `round ${n + 1}`, what };
        violations.push(violation);
        console.log(violationLine(violation));
      }
      context.progress(
        n + 1,
        plan.rounds,
        `${Object.values(faults).reduce((sum, count) => sum + count, 0)} faults`,
      );
    }
    const { rows } = await shop.pool.query<{ count: number }>(
      'select count(*) from order_claims where restarted_at is not null',
    );
    restarted = rows[0]?.count ?? 0;
    if (restarted === 0) violations.push({ at: 'the end', what: 'no order was restarted' });
  } finally {
    await shop?.stop();
    await servers.stop();
  }
  return {
    title: 'The workflow of an order lost',
    faults,
    orders: plan.rounds * plan.orders,
    recoveries,
    violations,
    notes: [
      `While orders arrive, workflows that run for them are chosen at random and terminated, deleted with their history, reset to their beginning, or a start of theirs arrives that another process has taken over. ${restarted} orders were restarted. The time is that from the fault to the outcome of the order.`,
    ],
  };
}

async function attackOrders(
  shop: Shop,
  count: number,
  prefix: string,
  random: Random,
  faults: Record<string, number>,
  recoveries: Recovery[],
): Promise<string[]> {
  const since = Math.floor(Date.now() / 1000);
  const placed: Placed[] = [];
  const customers: Promise<void>[] = [];
  const attacked = new Map<string, { kind: Attack; at: number; times: number }>();
  const arriving = new AbortController();
  const attacking = attackWhile(
    arriving.signal,
    shop,
    random,
    (orderId, kind) => {
      const times = (attacked.get(orderId)?.times ?? 0) + 1;
      attacked.set(orderId, { kind, at: Date.now(), times });
      faults[kind] = (faults[kind] ?? 0) + 1;
    },
    (orderId) => (attacked.get(orderId)?.times ?? 0) < MAX_ATTACKS,
  );
  for (let n = 0; n < count; n += 1) {
    const arrival = arrive(shop, `${prefix}-${n}`, random);
    arrival.done.catch(() => undefined); // awaited below
    placed.push(arrival.placed);
    customers.push(arrival.done);
    await delay(ARRIVAL_INTERVAL_MS);
  }
  arriving.abort();
  await attacking;
  await Promise.all(customers);
  const orderIds = placed.map(({ orderId }) => orderId);
  await waitThroughFaults(
    'every order has its outcome',
    async () => {
      const sql = 'select from orders where order_id = any($1) and outcome_at is not null';
      return (await shop.pool.query(sql, [orderIds])).rowCount === orderIds.length;
    },
    END_TIMEOUT_MS,
  );
  await waitThroughFaults(
    'every order has its end',
    async () => (await wrongEnds(shop, placed)).length === 0,
    END_TIMEOUT_MS,
  ).catch(() => undefined); // said below
  // The mails of an order whose workflow was gone when it was decided are sent by the next sweep.
  await waitThroughFaults(
    'every customer has their mails',
    async () => {
      const sql = `select from orders o where order_id = any($1) and exists (
                     select from mails m where m.order_id = o.order_id and m.kind in ('paid', o.status) and m.status = 'sent')`;
      return (await shop.pool.query(sql, [orderIds])).rowCount === orderIds.length;
    },
    MAX_RECOVERY_MS,
  ).catch(() => undefined); // the audit says it
  await waitUntilAllEnded(shop, END_TIMEOUT_MS);

  const differences = await findDifferences(shop, { since, mailsOf: orderIds });
  // That is what was done to them.
  const found = [
    ...(await wrongEnds(shop, placed)),
    ...differences.filter((difference) => !/ is TERMINATED: /.test(difference)),
  ];
  const { rows } = await shop.pool.query<{ order_id: string; outcome_at: Date }>(
    'select order_id, outcome_at from orders where order_id = any($1)',
    [[...attacked.keys()]],
  );
  for (const { order_id: orderId, outcome_at: outcomeAt } of rows) {
    const attack = attacked.get(orderId);
    const ms = attack ? outcomeAt.getTime() - attack.at : 0;
    if (!attack || ms <= 0) continue;
    recoveries.push({ kind: attack.kind, ms });
    if (ms > MAX_RECOVERY_MS)
      found.push(`${orderId} was ${attack.kind} and had its outcome only after ${Math.round(ms / 1000)} s`);
  }
  return found;
}

/** Attacks one workflow after the other. */
async function attackWhile(
  stopping: AbortSignal,
  shop: Shop,
  random: Random,
  note: (orderId: string, kind: Attack) => void,
  mayAttack: (orderId: string) => boolean,
): Promise<void> {
  while (!stopping.aborted) {
    await delay(ATTACK_INTERVAL_MS);
    const { rows } = await shop.pool.query<{ order_id: string; workflow_id: string }>(
      `select o.order_id, coalesce(c.workflow_id, 'order/' || o.order_id) as workflow_id
         from orders o left join order_claims c using (order_id) where o.outcome_at is null order by o.order_id`,
    );
    const victims = rows.filter(({ order_id: orderId }) => mayAttack(orderId));
    if (victims.length === 0) continue;
    const { order_id: orderId, workflow_id: workflowId } = random.pick(victims);
    const kind = random.pick(ATTACKS);
    if (await attack(shop, kind, orderId, workflowId)) note(orderId, kind);
  }
}

/** Returns false if the workflow had ended before, or cannot be attacked in this way. */
async function attack(
  { temporal }: Shop,
  kind: Attack,
  orderId: string,
  workflowId: string,
): Promise<boolean> {
  const handle = temporal.workflow.getHandle(workflowId);
  const { namespace } = temporal.options;
  try {
    switch (kind) {
      case 'terminated by hand':
        await handle.terminate('by hand');
        return true;
      case 'history limit reached':
        await handle.terminate('Workflow history size exceeds limit.');
        return true;
      case 'deleted':
        await temporal.workflowService.deleteWorkflowExecution({
          namespace,
          workflowExecution: { workflowId },
        });
        return true;
      case 'reset': {
        const { runId } = await handle.describe();
        const { events } = await handle.fetchHistory();
        const task = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
        if (!task?.eventId) return false;
        await temporal.workflowService.resetWorkflowExecution({
          namespace,
          workflowExecution: { workflowId, runId },
          reason: 'by hand',
          workflowTaskFinishEventId: task.eventId,
          requestId: randomUUID(),
        });
        return true;
      }
      case 'started late': {
        const policy = { paymentDeadlineMs: 900_000 };
        const input = await createCheckoutClient(temporal, { policy }).findInput(workflowId, orderId);
        if (!input) return false;
        await temporal.workflow.start(CHECKOUT_WORKFLOW, {
          workflowId: checkoutWorkflowId(orderId),
          taskQueue: TASK_QUEUES.checkout,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          args: [input],
        });
        return true;
      }
    }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError)
      return false;
    // Another fault was faster: Temporal has no such run, or no such task of it, any more.
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
