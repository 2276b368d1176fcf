import assert from 'node:assert/strict';
import type { OrderStatus } from '../../../src/contracts/order-status.ts';
import type { OrderRequest } from '../../../src/contracts/http/order.ts';
import type { GroupResult } from '../../../src/contracts/temporal/workflows.ts';
import type { History } from '../../../src/workers/history-json.ts';
import { cancelUpdate } from '../../../src/workflows/checkout.ts';
import { detachUpdate } from '../../../src/workflows/checkout-group.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { line } from '../../../harness/orders.ts';
import type { RecordedGroup, RecordedOrder, RecordingStage } from './stage.ts';
import { authenticate, ended, endOutage, mailFailed, reaches, startOutage, type Recording } from './steps.ts';

const CARD = 'pm_card_visa';
const DECLINED = 'pm_card_chargeDeclined';
const AUTHENTICATION = 'pm_card_authenticationRequired';
const OUTAGE = 'pm_sandbox_outage';
/** The provider's latency where a recording has to act during the charge. */
const CHARGING_MS = 700;

/** Recordings of `checkoutGroup`, and of the `checkout` of orders that were detached from a group. */
export const GROUP_RECORDINGS: Readonly<Record<string, Recording>> = {
  group_paid: endsWith([CARD, CARD, CARD], { paid: 3 }),
  group_declined: endsWith([DECLINED, DECLINED], { payment_failed: 2 }),
  group_paid_and_declined: endsWith([CARD, DECLINED, CARD], { paid: 2, payment_failed: 1 }),

  group_out_of_stock: async (stage) => {
    const soldOut = await stage.shop.item(0);
    return endedTogether(await stage.placeTogether([requestFor(soldOut), requestFor(soldOut)]), {
      out_of_stock: 2,
    });
  },

  group_with_every_settled_status: async (stage) => {
    const [inStock, soldOut] = [await stage.shop.item(5), await stage.shop.item(0)];
    const requests = [
      requestFor(inStock),
      requestFor(soldOut),
      requestFor(inStock, DECLINED),
      { ...requestFor(inStock), expectedTotal: 1 },
    ];
    return endedTogether(await stage.placeTogether(requests), {
      ...{ paid: 1, out_of_stock: 1, payment_failed: 1, rejected: 1 },
    });
  },

  group_detaches_order_to_authenticate: async (stage) => {
    const group = await place(stage, [CARD, AUTHENTICATION, DECLINED]);
    const history = await endedTogether(group, { paid: 1, payment_failed: 1, detached: 1 });
    await authenticated(stage, member(group, 1));
    return history;
  },

  /** The history of the detached order's own checkout. */
  detached_then_authenticated: async (stage) => {
    const group = await place(stage, [CARD, AUTHENTICATION]);
    return authenticated(stage, member(group, 1));
  },

  detached_then_cancelled: async (stage) => {
    const run = member(await place(stage, [CARD, AUTHENTICATION]), 1);
    await reaches(stage, run, 'awaiting_customer');
    await run.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    return endedDetached(run, 'cancelled');
  },

  detached_with_unknown_payment: async (stage) => {
    await startOutage(stage);
    const run = member(await place(stage, [CARD, OUTAGE]), 1);
    await reaches(stage, run, 'payment_unknown');
    await endOutage(stage);
    return endedDetached(run, 'paid');
  },

  group_detaches_order_to_review: async (stage) => {
    const sku = await stage.shop.item(9);
    const review = { above: { EUR: 1_500 }, countries: [], deadlineMs: 2_000 };
    const requests = [requestFor(sku), { lines: [line(sku, 2)] }];
    const group = await stage.placeTogether(requests, { review });
    await endedDetached(member(group, 1), 'expired');
    return endedTogether(group, { paid: 1, detached: 1 });
  },

  detached_for_review: async (stage) => {
    const review = { above: { EUR: 0 }, countries: [], deadlineMs: 2_000 };
    const sku = await stage.shop.item(5);
    return endedDetached(
      member(await stage.placeTogether([requestFor(sku), requestFor(sku)], { review }), 0),
      'expired',
    );
  },

  group_detach_requested_while_charging: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: CHARGING_MS });
    const group = await place(stage, [CARD, CARD]);
    const { order } = member(group, 1);
    await reaches(stage, member(group, 1), 'reserved');
    const detached = await group.handle.executeUpdate(detachUpdate, { args: [{ orderId: order.orderId }] });
    await stage.provider.post('/faults', { latencyMs: 0 });
    assert.equal(detached, false);
    return endedTogether(group, { paid: 2 });
  },

  group_cancelled_from_temporal_ui: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: 2 * CHARGING_MS });
    const group = await place(stage, [CARD, CARD]);
    await reaches(stage, member(group, 1), 'reserved');
    await group.handle.cancel();
    const result = endedTogether(group, { detached: 2 });
    await stage.provider.post('/faults', { latencyMs: 0 });
    await endedDetached(member(group, 0), 'cancelled');
    await endedDetached(member(group, 1), 'cancelled');
    return result;
  },

  group_reservation_failed: async (stage) => {
    const { pool } = stage.shop;
    const sku = await stage.shop.item(5);
    await pool.query('alter table stock_items rename to stock_items_away');
    const group = await stage.placeTogether([requestFor(sku), requestFor(sku)]);
    const history = await endedTogether(group, { detached: 2 });
    await pool.query('alter table stock_items_away rename to stock_items');
    await endedDetached(member(group, 0), 'paid');
    await endedDetached(member(group, 1), 'paid');
    return history;
  },

  group_mail_refused_then_sent: async (stage) => {
    await stage.provider.post('/smtp', { mode: 'refuse' });
    const group = await place(stage, [CARD, DECLINED]);
    await mailFailed(stage, member(group, 0));
    await stage.provider.post('/smtp', { mode: 'accept' });
    return endedTogether(group, { paid: 1, payment_failed: 1 });
  },

  /** Still running when it was recorded, as groups are at every deploy. */
  open_group_charging: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: CHARGING_MS });
    const group = await place(stage, [CARD, CARD]);
    await waitUntilPasses(async () => {
      const { raw } = await group.handle.describe();
      assert.equal(raw.pendingActivities?.length, 1);
    });
    const history = await group.history();
    await stage.provider.post('/faults', { latencyMs: 0 });
    await endedTogether(group, { paid: 2 });
    return history;
  },
};

function requestFor(sku: string, method = CARD): Partial<OrderRequest> {
  return { lines: [line(sku)], payment: { method } };
}

async function place(stage: RecordingStage, methods: readonly string[]): Promise<RecordedGroup> {
  const sku = await stage.shop.item(9);
  return stage.placeTogether(methods.map((method) => requestFor(sku, method)));
}

function endsWith(methods: readonly string[], result: GroupResult): Recording {
  return async (stage) => endedTogether(await place(stage, methods), result);
}

function member({ orders }: RecordedGroup, n: number): RecordedOrder {
  const run = orders[n];
  assert(run, `there is no order ${n} in the group`);
  return run;
}

async function endedTogether({ handle, history }: RecordedGroup, result: GroupResult): Promise<History> {
  assert.deepEqual(await handle.result(), result);
  return history();
}

/** Of an order that is detached from its group, now or soon. */
async function endedDetached(run: RecordedOrder, end: OrderStatus): Promise<History> {
  await waitUntilPasses(() => run.handle.describe());
  return ended(run, end);
}

async function authenticated(stage: RecordingStage, run: RecordedOrder): Promise<History> {
  await reaches(stage, run, 'awaiting_customer');
  await authenticate(stage, run, 'succeeded');
  return endedDetached(run, 'paid');
}
