import assert from 'node:assert/strict';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { OrderRequest } from '../../src/contracts/order.ts';
import { PAYMENT_EVENT_SIGNAL } from '../../src/contracts/temporal.ts';
import { cancelUpdate } from '../../src/workflows/checkout.ts';
import { eventually } from './eventually.ts';
import { line } from './orders.ts';
import type { History } from '../../src/workers/history-json.ts';
import type { PlayedOrder, RecordingStage } from './recording-stage.ts';
import { lockRow } from './row-lock.ts';

type HistoryEvent = NonNullable<History['events']>[number];
type Recording = (stage: RecordingStage) => Promise<History>;

/** One story each that an order can live through: it is played for real, and answers its history. */
export const RECORDINGS: Readonly<Record<string, Recording>> = {
  paid: played('pm_card_visa', 'paid'),
  free: played('pm_card_visa', 'paid', { unitPrice: 0 }),
  out_of_stock: played('pm_card_visa', 'out_of_stock', { onHand: 0 }),
  rejected: played('pm_card_visa', 'rejected', { request: { expectedTotal: 1 } }),
  declined: played('pm_card_chargeDeclined', 'payment_failed'),
  paid_after_lost_answer: played('pm_sandbox_timeout_after_charge', 'paid'),
  paid_at_second_attempt: played('pm_sandbox_error_once', 'paid'),

  paid_after_timeout: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: 1_500 });
    const story = await begin(stage, 'pm_card_visa');
    await failedActivity(story, 1);
    await stage.provider.post('/faults', { latencyMs: 0 });
    return ended(story, 'paid');
  },

  paid_after_outage: async (stage) => {
    const story = await begin(stage, 'pm_sandbox_outage');
    await reaches(stage, story, 'payment_unknown');
    await stage.provider.post('/outage', { until: new Date().toISOString() });
    return ended(story, 'paid');
  },

  authenticated: (stage) => authentication(stage, 'succeeded', 'paid'),
  authentication_failed: (stage) => authentication(stage, 'failed', 'payment_failed'),

  expired: async (stage) => ended(await begin(stage, 'pm_card_authenticationRequired', 2_000), 'expired'),

  cancelled: async (stage) => {
    const story = await waiting(stage);
    await story.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    return ended(story, 'cancelled');
  },

  cancelled_from_temporal_ui: async (stage) => {
    const story = await waiting(stage);
    await story.handle.cancel();
    return ended(story, 'cancelled');
  },

  cancelled_while_reserving: async (stage) => {
    const sku = await stage.shop.item(5);
    const shelf = await lockRow(stage.shop.url, 'select from stock_items where sku = $1 for update', [sku]);
    const story = await stage.place({ lines: [line(sku)] });
    await shelf.isWaitedFor();
    // Taken on in the middle of the step: when the worker reports that its workflow task goes on, after some seconds.
    await story.handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
    await shelf.release();
    return ended(story, 'cancelled');
  },

  cancelled_while_charging: async (stage) => {
    const story = await begin(stage, 'pm_sandbox_slow');
    await reaches(stage, story, 'reserved');
    await story.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    return ended(story, 'cancelled');
  },

  undo_failed_then_done: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: 700 });
    const story = await begin(stage, 'pm_sandbox_refund_fails');
    await reaches(stage, story, 'reserved');
    const cancelling = story.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    await stage.provider.post('/faults', { latencyMs: 0 });
    await happened(story, 1, ({ activityTaskFailedEventAttributes: failed }) => failed != null);
    await stage.provider.post('/refunds/heal');
    await cancelling;
    return ended(story, 'cancelled');
  },

  /** So long that operators were called; then repaired. */
  attention_then_paid: async (stage) => {
    const { pool } = stage.shop;
    const sku = await stage.shop.item(5);
    await pool.query('alter table stock_items rename to stock_items_away');
    const story = await stage.place({ lines: [line(sku)] });
    await happened(story, 5, ({ timerStartedEventAttributes: timer }) => timer != null);
    await pool.query('alter table stock_items_away rename to stock_items');
    return ended(story, 'paid');
  },

  mail_refused_then_sent: async (stage) => {
    await stage.provider.post('/smtp', { mode: 'refuse' });
    const story = await begin(stage, 'pm_card_visa');
    await eventually(async () => {
      const sql = "select from mails where order_id = $1 and status = 'failed'";
      assert.notEqual((await stage.shop.pool.query(sql, [story.order.orderId])).rowCount, 0);
    });
    await stage.provider.post('/smtp', { mode: 'accept' });
    return ended(story, 'paid');
  },

  /** Not ended when it was recorded: such orders are there at every deploy. */
  open_awaiting_customer: async (stage) => {
    const story = await waiting(stage);
    await settled(story);
    const history = await story.history();
    await story.handle.terminate('it was recorded as it ran');
    return history;
  },
};

interface Terms {
  onHand?: number;
  unitPrice?: number;
  request?: Partial<OrderRequest>;
}

function played(method: string, end: OrderStatus, { onHand = 5, unitPrice, request }: Terms = {}): Recording {
  return async (stage) => {
    const sku = await stage.shop.item(onHand, unitPrice);
    return ended(await stage.place({ lines: [line(sku)], payment: { method }, ...request }), end);
  };
}

async function begin(stage: RecordingStage, method: string, deadlineMs?: number): Promise<PlayedOrder> {
  return stage.place({ lines: [line(await stage.shop.item(5))], payment: { method } }, deadlineMs);
}

async function waiting(stage: RecordingStage): Promise<PlayedOrder> {
  const story = await begin(stage, 'pm_card_authenticationRequired');
  await reaches(stage, story, 'awaiting_customer');
  return story;
}

async function authentication(stage: RecordingStage, outcome: string, end: OrderStatus): Promise<History> {
  const story = await waiting(stage);
  const stored = await stage.shop.reader.find(story.order.orderId);
  const paymentIntentId = stored?.view.payment.paymentIntentId ?? '';
  await stage.provider.post(`/payment_intents/${paymentIntentId}/authenticate`, { outcome });
  await story.handle.signal(PAYMENT_EVENT_SIGNAL, { paymentIntentId });
  return ended(story, end);
}

async function ended(story: PlayedOrder, end: OrderStatus): Promise<History> {
  const { status } = await story.handle.result();
  assert.equal(status, end);
  return story.history();
}

function reaches({ shop }: RecordingStage, { order }: PlayedOrder, status: OrderStatus): Promise<void> {
  return eventually(async () => {
    assert.equal((await shop.reader.find(order.orderId))?.view.status, status);
  }, 60_000);
}

/** Waits until the pending activity of the story has failed at least so often. */
function failedActivity({ handle }: PlayedOrder, times: number): Promise<void> {
  return eventually(async () => {
    const { raw } = await handle.describe();
    const attempts = (raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0);
    assert.ok(Math.max(0, ...attempts) > times, `attempts: ${attempts.join(', ')}`);
  }, 60_000);
}

/** Waits until so many events of the story are what the test accepts. */
function happened(
  story: PlayedOrder,
  times: number,
  accepts: (event: HistoryEvent) => boolean,
): Promise<void> {
  return eventually(async () => {
    const { events } = await story.history();
    assert.ok((events ?? []).filter(accepts).length >= times);
  }, 60_000);
}

/** Waits until the story has nothing left to do but to wait. */
function settled({ handle }: PlayedOrder): Promise<void> {
  return eventually(async () => {
    const { raw } = await handle.describe();
    assert.equal(raw.pendingActivities?.length ?? 0, 0);
    assert.equal(raw.pendingWorkflowTask ?? null, null);
  });
}
