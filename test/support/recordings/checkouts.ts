import assert from 'node:assert/strict';
import { createOrderCarriers } from '../../../src/adapters/postgres/order-carriers.ts';
import type { CheckoutPolicy, VoidedFor } from '../../../src/contracts/temporal/checkout.ts';
import { PAYMENT_EVENT_SIGNAL } from '../../../src/contracts/temporal/messages.ts';
import { latePaymentWorkflowId } from '../../../src/contracts/temporal/names.ts';
import type { OrderStatus } from '../../../src/contracts/order-status.ts';
import type { OrderRequest } from '../../../src/contracts/http/order.ts';
import { cancelUpdate, reviewUpdate } from '../../../src/workflows/checkout.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { line } from '../../../harness/orders.ts';
import type { History } from '../../../src/workers/history-json.ts';
import { lockRow } from '../row-lock.ts';
import type { RecordedOrder, RecordingStage } from './stage.ts';
import {
  authenticate,
  becomesLong,
  cancelledWhileCharging,
  CAPTURE_LATER,
  ended,
  endOutage,
  hasEvents,
  mailFailed,
  parks,
  paymentOf,
  place,
  placeWithSlowCharge,
  reaches,
  resolveStep,
  startOutage,
  type Recording,
} from './steps.ts';

/** Recordings of `checkout`. */
export const CHECKOUT_RECORDINGS: Readonly<Record<string, Recording>> = {
  paid: endsWith('pm_card_visa', 'paid'),
  free: endsWith('pm_card_visa', 'paid', { unitPrice: 0 }),
  out_of_stock: endsWith('pm_card_visa', 'out_of_stock', { onHand: 0 }),
  rejected: endsWith('pm_card_visa', 'rejected', { request: { expectedTotal: 1 } }),
  declined: endsWith('pm_card_chargeDeclined', 'payment_failed'),
  paid_after_lost_answer: endsWith('pm_sandbox_timeout_after_charge', 'paid'),
  paid_at_second_attempt: endsWith('pm_sandbox_error_once', 'paid'),

  /** The local activity times out, and the activity succeeds at its first attempt. */
  paid_after_local_timeout: async (stage) => {
    const run = await placeWithSlowCharge(stage);
    await stage.provider.post('/faults', { latencyMs: 0 });
    return ended(run, 'paid');
  },

  /** The local activity times out, and so does the activity's first attempt. */
  paid_after_timeout: async (stage) => {
    await stage.provider.post('/faults', { latencyMs: 1_500 });
    const run = await place(stage, 'pm_card_visa');
    await activityFailed(run, 1);
    await stage.provider.post('/faults', { latencyMs: 0 });
    return ended(run, 'paid');
  },

  paid_after_outage: async (stage) => {
    await startOutage(stage);
    const run = await place(stage, 'pm_sandbox_outage');
    await reaches(stage, run, 'payment_unknown');
    await endOutage(stage);
    return ended(run, 'paid');
  },

  authenticated: (stage) => authentication(stage, 'succeeded', 'paid'),
  authentication_failed: (stage) => authentication(stage, 'failed', 'payment_failed'),

  expired: async (stage) =>
    ended(await place(stage, 'pm_card_authenticationRequired', { paymentDeadlineMs: 2_000 }), 'expired'),

  cancelled: async (stage) => {
    const run = await placeAwaitingCustomer(stage);
    await run.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    return ended(run, 'cancelled');
  },

  cancelled_from_temporal_ui: async (stage) => {
    const run = await placeAwaitingCustomer(stage);
    await run.handle.cancel();
    return ended(run, 'cancelled');
  },

  cancelled_while_reserving: async (stage) => {
    const sku = await stage.shop.item(5);
    const lock = await lockRow(stage.shop.url, 'select from stock_levels where sku = $1 for update', [sku]);
    const run = await stage.place({ lines: [line(sku)] });
    await lock.isWaitedFor();
    // The update is accepted during the local activity, when the worker heartbeats its workflow task after some seconds.
    await run.handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
    await lock.release();
    return ended(run, 'cancelled');
  },

  cancelled_while_charging: async (stage) => ended(await cancelledWhileCharging(stage), 'cancelled'),

  undo_failed_then_done: async (stage) => {
    const run = await cancelledWhileCharging(stage, 'pm_sandbox_refund_fails');
    await hasEvents(run, 1, ({ activityTaskFailedEventAttributes: failed }) => failed != null);
    await stage.provider.post('/refunds/heal');
    return ended(run, 'cancelled');
  },

  /** The step is parked and then succeeds without an operator. */
  parked_then_succeeded: async (stage) => {
    const { pool } = stage.shop;
    const sku = await stage.shop.item(5);
    await pool.query('alter table stock_items rename to stock_items_away');
    const run = await stage.place({ lines: [line(sku)] });
    await hasEvents(run, 5, ({ timerStartedEventAttributes: timer }) => timer != null);
    await pool.query('alter table stock_items_away rename to stock_items');
    return ended(run, 'paid');
  },

  mail_refused_then_sent: async (stage) => {
    await stage.provider.post('/smtp', { mode: 'refuse' });
    const run = await place(stage, 'pm_card_visa');
    await mailFailed(stage, run);
    await stage.provider.post('/smtp', { mode: 'accept' });
    return ended(run, 'paid');
  },

  /** Still running when it was recorded, as orders are at every deploy. */
  open_awaiting_customer: async (stage) => stillRunning(await placeAwaitingCustomer(stage)),

  parked_then_retried: async (stage) => {
    await startOutage(stage);
    const run = await place(stage, 'pm_sandbox_outage');
    await parks(stage, run.order.orderId);
    await endOutage(stage);
    await resolveStep(run, 'chargePayment', 'retry');
    return ended(run, 'paid');
  },

  /** The last run of a checkout that has continued as new while its refund was parked. */
  continued_as_new_then_skipped: async (stage) => {
    const run = await cancelledWhileCharging(stage, 'pm_sandbox_refund_fails');
    await parks(stage, run.order.orderId);
    await becomesLong(run);
    await resolveStep(run, 'refundPayment', 'skip');
    return ended(run, 'cancelled');
  },

  parked_then_skipped: async (stage) => {
    const run = await cancelledWhileCharging(stage, 'pm_sandbox_refund_fails');
    await parks(stage, run.order.orderId);
    await resolveStep(run, 'refundPayment', 'skip');
    return ended(run, 'cancelled');
  },

  reviewed_approved: async (stage) => {
    const run = await placeInReview(stage);
    await run.handle.executeUpdate(reviewUpdate, {
      args: [{ decision: 'approve', note: 'known customer' }],
    });
    return ended(run, 'paid');
  },

  reviewed_rejected: async (stage) => {
    const run = await placeInReview(stage);
    await run.handle.executeUpdate(reviewUpdate, { args: [{ decision: 'reject' }] });
    return ended(run, 'rejected');
  },

  review_expired: async (stage) => ended(await placeInReview(stage, 2_000), 'expired'),

  open_in_review: async (stage) => stillRunning(await placeInReview(stage)),

  authorized: async (stage) => ended(await place(stage, 'pm_card_visa', CAPTURE_LATER), 'paid'),

  authorized_then_cancelled: async (stage) =>
    ended(await cancelledWhileCharging(stage, 'pm_card_visa', CAPTURE_LATER), 'cancelled'),

  /** The run before had accepted the cancellation and voided the payment when it was lost. */
  cancelled_after_lost_run: async (stage) => {
    const run = await placeAwaitingCustomer(stage);
    await createOrderCarriers(stage.shop.pool).recordCancelRequest(run.order.orderId, 'changed_my_mind');
    await voided(stage, run, 'cancelled');
    await stage.loseRun(run);
    return ended(run, 'cancelled');
  },

  /** The run before had voided the payment after the deadline when it was lost. */
  expired_after_lost_run: async (stage) => {
    const run = await placeAwaitingCustomer(stage);
    await voided(stage, run, 'expired');
    await stage.loseRun(run);
    return ended(run, 'expired');
  },

  /** An event of another payment than the order's own arrived while the order was in progress. */
  second_payment_refunded: async (stage) => {
    const run = await placeAwaitingCustomer(stage);
    const { orderId } = run.order;
    const { id } = await stage.provider.stripe.paymentIntents.create({
      amount: 1_000,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      allowed_payment_method_types: ['card'],
      confirm: true,
      metadata: { order_id: orderId, attempt: '9' },
    });
    await run.handle.signal(PAYMENT_EVENT_SIGNAL, { paymentIntentId: id });
    await run.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    const history = await ended(run, 'cancelled');
    assert.equal(await stage.run(latePaymentWorkflowId(orderId, id)).handle.result(), 'refunded');
    return history;
  },
};

interface OrderTerms {
  onHand?: number;
  unitPrice?: number;
  request?: Partial<OrderRequest>;
}

function endsWith(
  method: string,
  status: OrderStatus,
  { onHand = 5, unitPrice, request }: OrderTerms = {},
): Recording {
  return async (stage) => {
    const sku = await stage.shop.item(onHand, unitPrice);
    return ended(await stage.place({ lines: [line(sku)], payment: { method }, ...request }), status);
  };
}

async function placeInReview(stage: RecordingStage, deadlineMs = 900_000): Promise<RecordedOrder> {
  const review: CheckoutPolicy['review'] = { above: { EUR: 0 }, countries: [], deadlineMs };
  const run = await place(stage, 'pm_card_visa', { review });
  await reaches(stage, run, 'in_review');
  return run;
}

async function placeAwaitingCustomer(stage: RecordingStage): Promise<RecordedOrder> {
  const run = await place(stage, 'pm_card_authenticationRequired');
  await reaches(stage, run, 'awaiting_customer');
  return run;
}

async function voided(stage: RecordingStage, { order }: RecordedOrder, ending: VoidedFor): Promise<void> {
  const { orderId } = order;
  await stage.provider.payments.void({ orderId, paymentIntentId: await paymentOf(stage, orderId), ending });
}

async function authentication(stage: RecordingStage, outcome: string, status: OrderStatus): Promise<History> {
  const run = await placeAwaitingCustomer(stage);
  await authenticate(stage, run, outcome);
  return ended(run, status);
}

async function stillRunning(run: RecordedOrder): Promise<History> {
  await idle(run);
  const history = await run.history();
  await run.handle.terminate('the recording is complete');
  return history;
}

/** Waits until the pending activity of the order has failed more often than this. */
function activityFailed({ handle }: RecordedOrder, times: number): Promise<void> {
  return waitUntilPasses(async () => {
    const { raw } = await handle.describe();
    const attempts = (raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0);
    assert.ok(Math.max(0, ...attempts) > times, `attempts: ${attempts.join(', ')}`);
  }, 60_000);
}

/** Waits until the workflow has no activity and no workflow task in progress. */
function idle({ handle }: RecordedOrder): Promise<void> {
  return waitUntilPasses(async () => {
    const { raw } = await handle.describe();
    assert.equal(raw.pendingActivities?.length ?? 0, 0);
    assert.equal(raw.pendingWorkflowTask ?? null, null);
  });
}
