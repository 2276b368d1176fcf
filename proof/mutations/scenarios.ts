import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import Stripe from 'stripe';
import {
  CANCEL_UPDATE,
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  TASK_QUEUES,
} from '../../src/contracts/temporal/names.ts';
import type { Basket } from '../model/catalogue.ts';
import type { ModelOrder, OrderPlan } from '../model/order.ts';
import type { World } from '../model/world.ts';
import { waitThroughFaults } from '../../harness/wait-for.ts';
import { reaches } from '../orders/requests.ts';

/** A few orders that show a defect. Whoever runs the scenario compares the orders with the model afterwards. */
export interface Scenario {
  /** Environment variables of the application. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The orders have no workflows, or records that are wrong on purpose, so that model and audit are not asked afterwards. */
  readonly bare?: true;
  /** @returns what is wrong before the model is asked */
  run(world: World): Promise<string[]>;
}

const NOTHING: string[] = [];
const SHORT_TIMEOUT_MS = 12_000;
/** A step is tried for half a minute before it is parked. */
const ATTENTION_TIMEOUT_MS = 60_000;
/** Longer than one round of attempts to confirm an order. */
const CONFIRM_ROUND_MS = 7_000;
const WEBHOOK_SECRET = 'whsec_proof';

const planOf = (method: string, basket: Basket = { cheap: 2 }): OrderPlan => ({
  method,
  basket,
  expectedTotal: 'none',
});

async function placed(world: World, method: string, basket?: Basket): Promise<ModelOrder> {
  const order = world.plan(planOf(method, basket));
  await world.place(order, true);
  return order;
}

/** An order that is cancelled while it is charged. */
async function cancelledWhileCharged(world: World, method: string): Promise<ModelOrder> {
  await world.shop.provider.control('/faults', { latencyMs: 2_000 });
  const order = world.plan(planOf(method));
  await world.place(order);
  await waitThroughFaults('the charge has begun', () => isCharging(world, order));
  await Promise.race([world.cancel(order), delay(SHORT_TIMEOUT_MS)]);
  await world.shop.provider.control('/faults/reset');
  return order;
}

async function isCharging({ shop: { temporal } }: World, { orderId }: ModelOrder): Promise<boolean> {
  const { raw } = await temporal.workflow.getHandle(checkoutWorkflowId(orderId)).describe();
  return raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'chargePayment') === true;
}

async function loseAnswers(world: World, kind: 'charge' | 'refund', times: number, act: () => Promise<void>) {
  await world.shop.provider.control('/faults', { dropAfter: times, only: kind });
  await act();
}

const AUTHENTICATION = 'pm_card_authenticationRequired';

export const SCENARIOS = {
  'paid by card': {
    async run(world) {
      await placed(world, 'pm_card_visa');
      return NOTHING;
    },
  },
  declined: {
    async run(world) {
      await placed(world, 'pm_card_chargeDeclined');
      return NOTHING;
    },
  },
  'the answers to a charge are lost': {
    async run(world) {
      await loseAnswers(world, 'charge', 3, async () => {
        await placed(world, 'pm_card_visa');
      });
      return NOTHING;
    },
  },
  'the answers to a charge are lost for long': {
    async run(world) {
      await loseAnswers(world, 'charge', 12, async () => {
        const order = await placed(world, 'pm_card_visa');
        await reaches(world.shop.api, order.orderId, ['paid']);
      });
      return NOTHING;
    },
  },
  'the answers to a refund are lost': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await loseAnswers(world, 'refund', 3, () => world.refund(order, 600));
      return NOTHING;
    },
  },
  'cancelled while it is charged': {
    async run(world) {
      await cancelledWhileCharged(world, 'pm_card_visa');
      return NOTHING;
    },
  },
  'cancelled while it is charged, and the refund fails': {
    async run(world) {
      const { orderId } = await cancelledWhileCharged(world, 'pm_sandbox_refund_fails');
      return raisesAttention(world, orderId);
    },
  },
  'a refund fails': {
    async run(world) {
      const order = await placed(world, 'pm_sandbox_refund_fails');
      const refund = world.refund(order, 500);
      const found = await raisesAttention(world, order.orderId);
      await world.healRefunds();
      await refund;
      return found;
    },
  },
  'the workflow is cancelled in the Temporal UI': {
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      order.cancelAsked = true;
      await world.shop.temporal.workflow.getHandle(checkoutWorkflowId(order.orderId)).cancel();
      return isSoon(world, order.orderId, 'cancelled');
    },
  },
  'the customer authenticates': {
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      await world.authenticate(order, 'succeeded');
      await reaches(world.shop.api, order.orderId, ['paid']);
      return NOTHING;
    },
  },
  'the customer does not authenticate': {
    settings: { PAYMENT_DEADLINE_MS: '1500' },
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      order.mayExpire = true;
      return isSoon(world, order.orderId, 'expired');
    },
  },
  'the money comes after the cancel': {
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      await world.cancel(order);
      await world.succeedLate(order);
      return NOTHING;
    },
  },
  'cancelled after it is paid': {
    async run(world) {
      await world.cancel(await placed(world, 'pm_card_visa'));
      return NOTHING;
    },
  },
  'more is asked for than there is': {
    async run(world) {
      await Promise.all(Array.from({ length: 6 }, () => placed(world, 'pm_card_visa', { scarce: 1 })));
      return NOTHING;
    },
  },
  'many buy one item at once': {
    async run(world) {
      const orders = Array.from({ length: 60 }, () => world.plan(planOf('pm_card_visa', { scarce: 1 })));
      await Promise.all(orders.map((order) => world.place(order)));
      return NOTHING;
    },
  },
  'a rush of orders, in groups': {
    settings: { CHECKOUT_BATCHING: 'adaptive', CHECKOUT_MAX_CONCURRENT_BATCHES: '1' },
    async run(world) {
      const together = [
        planOf('pm_card_visa', { cheap: 1 }),
        planOf('pm_card_visa', { cheap: 1 }),
        planOf('pm_card_visa', { cheap: 3 }),
        planOf('pm_card_visa', { cheap: 2 }),
        planOf('pm_card_chargeDeclined'),
        planOf('pm_card_chargeDeclined'),
        ...Array.from({ length: 4 }, () => planOf('pm_card_visa', { scarce: 1 })),
      ].map((plan) => world.plan(plan));
      const detached = world.plan(planOf(AUTHENTICATION));
      await Promise.all([...together, detached].map((order) => world.place(order)));
      await reaches(world.shop.api, detached.orderId, ['awaiting_customer']);
      await world.authenticate(detached, 'succeeded');
      return isSoon(world, detached.orderId, 'paid');
    },
  },
  'many buy the same two items': {
    async run(world) {
      const before = await deadlocks(world);
      const orders = Array.from({ length: 60 }, () =>
        world.plan(planOf('pm_card_visa', { cheap: 1, dear: 1 })),
      );
      await Promise.all(orders.map((order) => world.place(order)));
      await delay(3_000); // PostgreSQL updates the statistics of a session with a delay
      const count = (await deadlocks(world)) - before;
      return count > 0 ? [`${count} deadlocks`] : NOTHING;
    },
  },
  'the customer was shown another total': {
    async run(world) {
      await world.place(world.plan({ ...planOf('pm_card_visa'), expectedTotal: 'wrong' }));
      return NOTHING;
    },
  },
  'the same key again': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.placeAgain(order, false);
      await world.placeAgain(order, true);
      return NOTHING;
    },
  },
  'the same key again when Temporal has forgotten the order': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.quiesce();
      await forget(world, order);
      await world.placeAgain(order, true);
      await world.placeAgain(order, false);
      return NOTHING;
    },
  },
  'the workflow of a paid order is run again': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.quiesce();
      const { temporal } = world.shop;
      const [input] = await inputOf(world, order);
      await forget(world, order);
      await temporal.workflow.execute(CHECKOUT_WORKFLOW, {
        workflowId: checkoutWorkflowId(order.orderId),
        taskQueue: TASK_QUEUES.checkout,
        args: [input],
      });
      return NOTHING;
    },
  },
  'a webhook that the provider has not signed': {
    async run(world) {
      const order = await placed(world, AUTHENTICATION);
      const body = eventOf(order.orderId);
      const signature = Stripe.webhooks.generateTestHeaderString({
        payload: body,
        secret: 'whsec_of_somebody',
      });
      const status = await webhook(world, body, signature);
      return status < 400 ? [`answered ${status} to a webhook with a wrong signature`] : NOTHING;
    },
  },
  'a webhook of an order that is not known': {
    async run(world) {
      const body = eventOf(`ord_${'0'.repeat(32)}`);
      const signature = Stripe.webhooks.generateTestHeaderString({ payload: body, secret: WEBHOOK_SECRET });
      const status = await webhook(world, body, signature);
      return status < 400 ? [`answered ${status} to a webhook that it did not process`] : NOTHING;
    },
  },
  'two refunds at once, together more than was paid': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.shop.provider.control('/faults', { failNext: 3, failNextWith: 503, only: 'refund' });
      await briefly(Promise.all([world.refund(order, 1_200), world.refund(order, 1_200)]));
      return NOTHING;
    },
  },
  'two refunds of an order': {
    async run(world) {
      const order = await placed(world, 'pm_card_visa');
      await world.refund(order, 500);
      await briefly(world.refund(order, 500));
      return NOTHING;
    },
  },
  'a refund of more than was paid': {
    async run(world) {
      await briefly(world.refund(await placed(world, 'pm_card_visa'), 5_000));
      return NOTHING;
    },
  },
  'a cancel in the workflow of a paid order': {
    async run(world) {
      const { provider, temporal } = world.shop;
      await provider.control('/smtp', { mode: 'defer' });
      const { orderId } = await placed(world, 'pm_card_visa');
      const handle = temporal.workflow.getHandle(checkoutWorkflowId(orderId));
      const refused = await handle.executeUpdate(CANCEL_UPDATE, { args: [{}] }).then(
        () => false,
        (error: unknown) => error instanceof WorkflowUpdateFailedError,
      );
      await provider.control('/smtp', { mode: 'accept' });
      return refused ? NOTHING : ['the workflow of a paid order accepts a cancel'];
    },
  },
  'the mail server is away': {
    async run(world) {
      const { provider } = world.shop;
      await provider.control('/smtp', { mode: 'defer' });
      const order = world.plan(planOf('pm_card_visa'));
      await world.place(order);
      const found = await isSoon(world, order.orderId, 'paid');
      await provider.control('/smtp', { mode: 'accept' });
      return found;
    },
  },
  'the order cannot be confirmed for a while': {
    async run(world) {
      const { pool } = world.shop;
      await pool.query(`
        create or replace function refuse_paid() returns trigger language plpgsql as $$
          begin raise exception 'refused for a while' using errcode = '55000'; end $$;
        create trigger refuse_paid before update on orders for each row when (new.status = 'paid')
          execute function refuse_paid();`);
      await world.place(world.plan(planOf('pm_card_visa')));
      await delay(CONFIRM_ROUND_MS);
      await pool.query('drop trigger refuse_paid on orders');
      return NOTHING;
    },
  },
  'an undo of what never ran': {
    bare: true,
    async run(world) {
      const other = await placed(world, AUTHENTICATION, { cheap: 3 });
      const before = await world.stock('cheap');
      const order = world.bareOrder(planOf('pm_card_visa', { cheap: 2 }));
      await call(world, 'release_stock', [
        { orderId: order.orderId, order, status: 'cancelled', reason: 'test' },
      ]);
      const undone = await world.stock('cheap');
      await call(world, 'reserve_stock', [order]);
      const late = await world.stock('cheap');
      await world.cancel(other);
      return [
        ...(undone === before
          ? []
          : [`the undo of what never ran changed the stock from ${before} to ${undone}`]),
        ...(late === undone
          ? []
          : [`what was undone was done afterwards: the stock went from ${undone} to ${late}`]),
      ];
    },
  },
  'a payment with a wrong amount in the database': tampered(
    'update payments set captured = captured - 1 where captured > 0 and refunded = 0',
  ),
  'a reservation with a wrong state in the database': tampered(
    `update reservations set state = 'released' where state = 'consumed'`,
  ),
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;

/** Rows are changed by hand: the audit must find it. */
function tampered(statement: string): Scenario {
  return {
    bare: true,
    async run(world) {
      await placed(world, 'pm_card_visa');
      await world.quiesce();
      await world.shop.pool.query(statement);
      const found = await world.audit();
      return found.length > 0 ? NOTHING : ['the audit does not find it'];
    },
  };
}

/** The undo of the order fails: the order must wait for an operator before it ends. */
async function raisesAttention(world: World, orderId: string): Promise<string[]> {
  const found: string[] = [];
  const isSeen = async (): Promise<boolean> => {
    const { attention, status } = await world.shop.api.getOrder(orderId);
    if (status === 'cancelled') found.push('the order is cancelled, and its money has not gone back');
    return attention !== null || found.length > 0;
  };
  await waitThroughFaults('a step waits for an operator', isSeen, ATTENTION_TIMEOUT_MS);
  return found;
}

async function isSoon(world: World, orderId: string, status: string): Promise<string[]> {
  const is = async (): Promise<boolean> => (await world.shop.api.getOrder(orderId)).status === status;
  try {
    await waitThroughFaults(status, is, SHORT_TIMEOUT_MS);
    return NOTHING;
  } catch {
    return [`the order is not ${status}, but ${(await world.shop.api.getOrder(orderId)).status}`];
  }
}

/** Waits for a call, but not for long: a defect may keep the call waiting. */
async function briefly(call: Promise<unknown>): Promise<void> {
  await Promise.race([call, delay(SHORT_TIMEOUT_MS)]);
}

async function deadlocks({ shop: { pool } }: World): Promise<number> {
  const { rows } = await pool.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.deadlocks ?? 0;
}

async function inputOf(world: World, order: ModelOrder): Promise<unknown[]> {
  const handle = world.shop.temporal.workflow.getHandle(checkoutWorkflowId(order.orderId));
  const { events } = await handle.fetchHistory();
  const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return payloads.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as unknown);
}

/** Deletes the workflow, as Temporal does at the end of its retention. */
async function forget({ shop: { temporal } }: World, { orderId }: ModelOrder): Promise<void> {
  const workflowId = checkoutWorkflowId(orderId);
  const { namespace } = temporal.options;
  await temporal.workflowService.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId } });
  await waitThroughFaults('the workflow is deleted', async () => {
    try {
      await temporal.workflow.getHandle(workflowId).describe();
      return false;
    } catch {
      return true;
    }
  });
}

const eventOf = (orderId: string): string =>
  JSON.stringify({
    id: 'evt_proof',
    object: 'event',
    type: 'payment_intent.succeeded',
    data: {
      object: {
        id: 'pi_proof',
        object: 'payment_intent',
        status: 'succeeded',
        metadata: { order_id: orderId },
      },
    },
  });

async function webhook({ shop }: World, body: string, signature: string): Promise<number> {
  const response = await fetch(`${shop.apiUrl}/v1/webhooks/stripe`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    body,
  });
  return response.status;
}

async function call(
  { shop: { pool } }: World,
  name: 'release_stock' | 'reserve_stock',
  items: object[],
): Promise<void> {
  await pool.query(`select ${name}($1::jsonb)`, [JSON.stringify(items)]);
}
