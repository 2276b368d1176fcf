import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { CANCEL_UPDATE } from '../../../src/contracts/temporal/messages.ts';
import { checkoutWorkflowId } from '../../../src/contracts/temporal/names.ts';
import { waitThroughFaults } from '../../../harness/wait-for.ts';
import type { ModelOrder } from '../../model/order.ts';
import type { World } from '../../model/world.ts';
import {
  AUTHENTICATION,
  isSoon,
  NOTHING,
  placed,
  planOf,
  SHORT_TIMEOUT_MS,
  type Scenario,
} from './scenario.ts';

/** A step is tried for half a minute before it is parked. */
const ATTENTION_TIMEOUT_MS = 60_000;

export const CANCELLATION_SCENARIOS = {
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
  'cancelled after it is paid': {
    async run(world) {
      await world.cancel(await placed(world, 'pm_card_visa'));
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
} as const satisfies Record<string, Scenario>;

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
