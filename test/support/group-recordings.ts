import assert from 'node:assert/strict';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import type { GroupResult } from '../../src/contracts/temporal/names.ts';
import type { History } from '../../src/workers/history-json.ts';
import { cancelUpdate } from '../../src/workflows/checkout.ts';
import { detachUpdate } from '../../src/workflows/checkout-group.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import type { PlayedGroup, PlayedOrder, RecordingStage } from './recording-stage.ts';
import { authenticate, ended, reaches, type Recording } from './recording-steps.ts';

type Buyer = Partial<OrderRequest>;

const CARD = 'pm_card_visa';
const DECLINED = 'pm_card_chargeDeclined';
const AUTHENTICATION = 'pm_card_authenticationRequired';
const OUTAGE = 'pm_sandbox_outage';
/** So long every answer of the provider takes where an order has to be met while it is charged. */
const CHARGING_MS = 700;

/** One story each that orders in a group can live through together, and those of orders that have left theirs. */
export const GROUP_RECORDINGS: Readonly<Record<string, Recording>> = {
  group_paid: ends([CARD, CARD, CARD], { paid: 3 }),
  group_declined: ends([DECLINED, DECLINED], { payment_failed: 2 }),
  group_paid_and_declined: ends([CARD, DECLINED, CARD], { paid: 2, payment_failed: 1 }),

  group_out_of_stock: async (stage) => {
    const nothing = await stage.shop.item(0);
    return together(await stage.placeTogether([of(nothing), of(nothing)]), { out_of_stock: 2 });
  },

  group_of_every_plain_end: async (stage) => {
    const [some, nothing] = [await stage.shop.item(5), await stage.shop.item(0)];
    const buyers = [of(some), of(nothing), of(some, DECLINED), { ...of(some), expectedTotal: 1 }];
    return together(await stage.placeTogether(buyers), {
      ...{ paid: 1, out_of_stock: 1, payment_failed: 1, rejected: 1 },
    });
  },

  group_left_by_who_must_authenticate: async (stage) => {
    const group = await place(stage, [CARD, AUTHENTICATION, DECLINED]);
    const history = await together(group, { paid: 1, payment_failed: 1, detached: 1 });
    await authenticated(stage, member(group, 1));
    return history;
  },

  /** The order's own history, from where the group had left it. */
  left_group_then_authenticated: async (stage) => {
    const group = await place(stage, [CARD, AUTHENTICATION]);
    return authenticated(stage, member(group, 1));
  },

  left_group_then_cancelled: async (stage) => {
    const story = member(await place(stage, [CARD, AUTHENTICATION]), 1);
    await reaches(stage, story, 'awaiting_customer');
    await story.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    return alone(story, 'cancelled');
  },

  left_group_with_unknown_payment: async (stage) => {
    const story = member(await place(stage, [CARD, OUTAGE]), 1);
    await reaches(stage, story, 'payment_unknown');
    await stage.provider.post('/outage', { until: new Date().toISOString() });
    return alone(story, 'paid');
  },

  group_left_by_who_is_reviewed: async (stage) => {
    const sku = await stage.shop.item(9);
    const review = { above: { EUR: 1_500 }, countries: [], deadlineMs: 2_000 };
    const buyers = [of(sku), { lines: [line(sku, 2)] }];
    const group = await stage.placeTogether(buyers, { review });
    await alone(member(group, 1), 'expired');
    return together(group, { paid: 1, detached: 1 });
  },

  left_group_for_review: async (stage) => {
    const review = { above: { EUR: 0 }, countries: [], deadlineMs: 2_000 };
    const sku = await stage.shop.item(5);
    return alone(member(await stage.placeTogether([of(sku), of(sku)], { review }), 0), 'expired');
  },

  group_asked_for_an_order_while_charging: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: CHARGING_MS });
    const group = await place(stage, [CARD, CARD]);
    const { order } = member(group, 1);
    await reaches(stage, member(group, 1), 'reserved');
    const left = await group.handle.executeUpdate(detachUpdate, { args: [{ orderId: order.orderId }] });
    await stage.provider.post('/faults', { latencyMs: 0 });
    assert.equal(left, false);
    return together(group, { paid: 2 });
  },

  group_cancelled_from_temporal_ui: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: 2 * CHARGING_MS });
    const group = await place(stage, [CARD, CARD]);
    await reaches(stage, member(group, 1), 'reserved');
    await group.handle.cancel();
    const result = together(group, { detached: 2 });
    await stage.provider.post('/faults', { latencyMs: 0 });
    await alone(member(group, 0), 'cancelled');
    await alone(member(group, 1), 'cancelled');
    return result;
  },

  group_that_could_not_reserve: async (stage) => {
    const { pool } = stage.shop;
    const sku = await stage.shop.item(5);
    await pool.query('alter table stock_items rename to stock_items_away');
    const group = await stage.placeTogether([of(sku), of(sku)]);
    const history = await together(group, { detached: 2 });
    await pool.query('alter table stock_items_away rename to stock_items');
    await alone(member(group, 0), 'paid');
    await alone(member(group, 1), 'paid');
    return history;
  },

  group_whose_mails_were_refused_then_sent: async (stage) => {
    await stage.provider.post('/smtp', { mode: 'refuse' });
    const group = await place(stage, [CARD, DECLINED]);
    await waitUntilPasses(async () => {
      const sql = "select from mails where order_id = $1 and status = 'failed'";
      const { rowCount } = await stage.shop.pool.query(sql, [member(group, 0).order.orderId]);
      assert.notEqual(rowCount, 0);
    });
    await stage.provider.post('/smtp', { mode: 'accept' });
    return together(group, { paid: 1, payment_failed: 1 });
  },

  /** Not ended when it was recorded: such groups are there at every deploy. */
  open_group_charging: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: CHARGING_MS });
    const group = await place(stage, [CARD, CARD]);
    await waitUntilPasses(async () => {
      const { raw } = await group.handle.describe();
      assert.equal(raw.pendingActivities?.length, 1);
    });
    const history = await group.history();
    await stage.provider.post('/faults', { latencyMs: 0 });
    await together(group, { paid: 2 });
    return history;
  },
};

function of(sku: string, method = CARD): Buyer {
  return { lines: [line(sku)], payment: { method } };
}

async function place(stage: RecordingStage, methods: readonly string[]): Promise<PlayedGroup> {
  const sku = await stage.shop.item(9);
  return stage.placeTogether(methods.map((method) => of(sku, method)));
}

function ends(methods: readonly string[], result: GroupResult): Recording {
  return async (stage) => together(await place(stage, methods), result);
}

function member({ orders }: PlayedGroup, n: number): PlayedOrder {
  const order = orders[n];
  assert(order, `there is no order ${n} in the group`);
  return order;
}

async function together({ handle, history }: PlayedGroup, result: GroupResult): Promise<History> {
  assert.deepEqual(await handle.result(), result);
  return history();
}

/** Of an order that has left its group, or is going to. */
async function alone(story: PlayedOrder, end: OrderStatus): Promise<History> {
  await waitUntilPasses(() => story.handle.describe());
  return ended(story, end);
}

async function authenticated(stage: RecordingStage, story: PlayedOrder): Promise<History> {
  await reaches(stage, story, 'awaiting_customer');
  await authenticate(stage, story, 'succeeded');
  return alone(story, 'paid');
}
