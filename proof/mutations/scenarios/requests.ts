import Stripe from 'stripe';
import { CHECKOUT_WORKFLOW, checkoutWorkflowId, TASK_QUEUES } from '../../../src/contracts/temporal/names.ts';
import { waitThroughFaults } from '../../../harness/wait-for.ts';
import type { ModelOrder } from '../../model/order.ts';
import type { World } from '../../model/world.ts';
import { AUTHENTICATION, isSoon, NOTHING, placed, planOf, type Scenario } from './scenario.ts';

const WEBHOOK_SECRET = 'whsec_proof';

export const REQUEST_SCENARIOS = {
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
} as const satisfies Record<string, Scenario>;

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
