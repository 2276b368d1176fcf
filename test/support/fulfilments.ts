import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import type { MailRequest } from '../../src/contracts/http/mail.ts';
import type { FulfilmentPlan, FulfilmentResult } from '../../src/contracts/temporal/fulfilment.ts';
import { CHANGED_SIGNAL } from '../../src/contracts/temporal/messages.ts';
import {
  FULFILMENT_WORKFLOW,
  fulfilmentWorkflowId,
  TASK_QUEUES,
} from '../../src/contracts/temporal/names.ts';
import { eventsOf, runChain } from './run-chain.ts';
import { openTimeSkippingServer } from './time-skipping.ts';

/** What PostgreSQL says has to be done; everything else is nothing. */
export type PlanChanges = Partial<Omit<FulfilmentPlan, 'orderId'>>;

/** What the activities of one order do, and what they were called with. */
export class ShippedOrder {
  readonly orderId = `ord_${randomUUID().replaceAll('-', '')}`;
  /** The plan of now. A test changes it. */
  plan: PlanChanges = {};
  /** The names of the activities other than the plan, in the sequence of their calls. */
  readonly calls: string[] = [];
  readonly mails: string[] = [];
  readonly parked: { step: string; reason: string }[] = [];
  /** The inputs of captures and refunds. */
  readonly operations: unknown[] = [];
  plans = 0;
  /** Whether captures and refunds are refused. Otherwise they are settled at once. */
  refusesOperations = false;
  /** What an activity does; by default nothing. */
  readonly does: Partial<Record<string, () => Promise<void> | void>> = {};
}

export interface FulfilmentStage {
  start(order: ShippedOrder): Promise<WorkflowHandle>;
  changed(order: ShippedOrder): Promise<void>;
  /** Makes the history of the run too long, and waits for the next run. */
  continuesAsNew(order: ShippedOrder): Promise<void>;
  /** The number of events of each run of the order's workflow. */
  lengths(order: ShippedOrder): Promise<number[]>;
  /** Replays every run of the order's workflow against the present code. @throws what a replay throws */
  replayRuns(order: ShippedOrder): Promise<void>;
  /** Ends the order, and returns the result of its workflow. */
  end(order: ShippedOrder): Promise<FulfilmentResult>;
  /** Lets this much time pass. */
  sleep(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** The fulfilment workflow on Temporal's time-skipping server, with activities that follow a {@link ShippedOrder}. */
export async function openFulfilmentStage(): Promise<FulfilmentStage> {
  const orders = new Map<string, ShippedOrder>();

  const orderOf = (items: { orderId: string }[]): ShippedOrder => {
    const order = orders.get(items[0]?.orderId ?? '');
    if (!order) throw new Error('This order was not started by the test.');
    return order;
  };
  const acting = (name: string) => async (items: { orderId: string }[]) => {
    const order = orderOf(items);
    order.calls.push(name);
    await order.does[name]?.();
  };
  const activities = {
    planFulfilment: (items: { orderId: string }[]) => {
      const order = orderOf(items);
      order.plans += 1;
      return Promise.resolve([planOf(order)]);
    },
    ...Object.fromEntries(
      ['allocateStock', 'buyLabel', 'refundLabel', 'trackShipments'].map((name) => [name, acting(name)]),
    ),
    parkStep: (items: { orderId: string; step: string; reason: string }[]) => {
      for (const { step, reason } of items) orderOf(items).parked.push({ step, reason });
      return Promise.resolve([]);
    },
    resolveStep: acting('resolveStep'),
    notify: async (mails: MailRequest[]) => {
      const order = orderOf(mails);
      await order.does['notify']?.();
      for (const { kind, part } of mails) order.mails.push(`${kind} ${part ?? ''}`.trim());
      return mails.map((mail) => ({ ...mail, status: 'sent' as const }));
    },
    ...Object.fromEntries(
      ['beginCapture', 'beginRefund'].map((name) => [
        name,
        (items: { orderId: string }[]) => {
          const order = orderOf(items);
          order.operations.push(...items);
          const outcome = order.refusesOperations
            ? { outcome: 'refused', code: 'not_capturable', left: 0 }
            : { outcome: 'booked', status: 'succeeded' };
          return Promise.resolve(items.map((item) => ({ ...item, ...outcome })));
        },
      ]),
    ),
  };
  const server = await openTimeSkippingServer(activities);
  const { client } = server;
  const handleOf = ({ orderId }: ShippedOrder) => client.workflow.getHandle(fulfilmentWorkflowId(orderId));
  const runIds = new Map<ShippedOrder, string>();
  const changed = (order: ShippedOrder) => handleOf(order).signal(CHANGED_SIGNAL);

  return {
    changed,
    sleep: (ms) => server.sleep(ms),
    close: () => server.close(),
    async start(order) {
      orders.set(order.orderId, order);
      const { firstExecutionRunId } = await client.workflow.start(FULFILMENT_WORKFLOW, {
        workflowId: fulfilmentWorkflowId(order.orderId),
        taskQueue: TASK_QUEUES.fulfilment,
        args: [{ orderId: order.orderId }],
      });
      runIds.set(order, firstExecutionRunId);
      return handleOf(order);
    },
    continuesAsNew: ({ orderId }) => server.continueAsNew(fulfilmentWorkflowId(orderId)),
    async lengths(order) {
      const chain = await runChain(client, fulfilmentWorkflowId(order.orderId), runIds.get(order) ?? '');
      return chain.map(eventsOf);
    },
    replayRuns: (order) => server.replayRuns(fulfilmentWorkflowId(order.orderId), runIds.get(order) ?? ''),
    async end(order) {
      order.plan = { status: 'closed', done: true };
      // The workflow may read the plan, and end, before the signal comes.
      await changed(order).catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
      return (await handleOf(order).result()) as FulfilmentResult;
    },
  };
}

const planOf = ({ orderId, plan }: ShippedOrder): FulfilmentPlan => ({
  orderId,
  status: 'paid',
  done: false,
  short: [],
  buyLabels: false,
  refundLabels: false,
  track: false,
  attention: [],
  mails: [],
  refunds: [],
  ...plan,
});
