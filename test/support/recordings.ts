import assert from 'node:assert/strict';
import type { CheckoutPolicy } from '../../src/contracts/temporal/checkout.ts';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import type { AttentionAction } from '../../src/contracts/temporal/operations.ts';
import {
  CANCELLATION_WORKFLOW,
  cancellationWorkflowId,
  CAPTURE_WORKFLOW,
  captureWorkflowId,
  LATE_PAYMENT_WORKFLOW,
  latePaymentWorkflowId,
  PAYMENT_EVENT_SIGNAL,
  REFUND_WORKFLOW,
  refundWorkflowId,
  RETURNED_REFUND_WORKFLOW,
  returnedRefundWorkflowId,
  type CancellationInput,
  type CaptureInput,
  type LatePaymentInput,
  type RefundInput,
  type ReturnedRefundInput,
} from '../../src/contracts/temporal/names.ts';
import { cancelUpdate, reviewUpdate } from '../../src/workflows/checkout.ts';
import { resolveStepUpdate } from '../../src/workflows/lib/step-runner.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { GROUP_RECORDINGS } from './group-recordings.ts';
import { line } from '../../harness/orders.ts';
import type { History } from '../../src/workers/history-json.ts';
import type { PlayedOrder, PlayedRun, RecordingStage } from './recording-stage.ts';
import { authenticate, ended, paymentOf, reaches, type Recording } from './recording-steps.ts';
import { lockRow } from './row-lock.ts';

type HistoryEvent = NonNullable<History['events']>[number];

/** One story each that an order, or an operation on one, can live through: it is played for real, and answers its history. */
export const RECORDINGS: Readonly<Record<string, Recording>> = {
  ...GROUP_RECORDINGS,

  paid: played('pm_card_visa', 'paid'),
  free: played('pm_card_visa', 'paid', { unitPrice: 0 }),
  out_of_stock: played('pm_card_visa', 'out_of_stock', { onHand: 0 }),
  rejected: played('pm_card_visa', 'rejected', { request: { expectedTotal: 1 } }),
  declined: played('pm_card_chargeDeclined', 'payment_failed'),
  paid_after_lost_answer: played('pm_sandbox_timeout_after_charge', 'paid'),
  paid_at_second_attempt: played('pm_sandbox_error_once', 'paid'),

  /** Since the first try of a charge is made in the task that reserves. */
  charged_at_once: played('pm_card_visa', 'paid'),
  declined_at_once: played('pm_card_chargeDeclined', 'payment_failed'),
  too_slow_to_be_charged_at_once: async (stage) => {
    const story = await slowlyCharged(stage);
    await stage.provider.post('/faults', { latencyMs: 0 });
    return ended(story, 'paid');
  },
  authenticated_after_at_once: (stage) => authentication(stage, 'succeeded', 'paid'),
  cancelled_while_charged_at_once: cancelledDuringSlowCharge,

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

  expired: async (stage) =>
    ended(await begin(stage, 'pm_card_authenticationRequired', { paymentDeadlineMs: 2_000 }), 'expired'),

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

  cancelled_while_charging: cancelledDuringSlowCharge,
  /** The same, since an order is abandoned before its money goes back. */
  abandoned_while_charging: cancelledDuringSlowCharge,

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
    await waitUntilPasses(async () => {
      const sql = "select from mails where order_id = $1 and status = 'failed'";
      assert.notEqual((await stage.shop.pool.query(sql, [story.order.orderId])).rowCount, 0);
    });
    await stage.provider.post('/smtp', { mode: 'accept' });
    return ended(story, 'paid');
  },

  /** Not ended when it was recorded: such orders are there at every deploy. */
  open_awaiting_customer: async (stage) => asItRuns(await waiting(stage)),

  parked_then_retried: async (stage) => {
    const story = await begin(stage, 'pm_sandbox_outage');
    await parks(stage, story.order.orderId);
    await stage.provider.post('/outage', { until: new Date().toISOString() });
    await attend(story, 'chargePayment', 'retry');
    return ended(story, 'paid');
  },

  parked_then_skipped: async (stage) => {
    const story = await cancelledWhileCharging(stage, 'pm_sandbox_refund_fails');
    await parks(stage, story.order.orderId);
    await attend(story, 'refundPayment', 'skip');
    return ended(story, 'cancelled');
  },

  reviewed_approved: async (stage) => {
    const story = await inReview(stage);
    await story.handle.executeUpdate(reviewUpdate, {
      args: [{ decision: 'approve', note: 'known customer' }],
    });
    return ended(story, 'paid');
  },

  reviewed_rejected: async (stage) => {
    const story = await inReview(stage);
    await story.handle.executeUpdate(reviewUpdate, { args: [{ decision: 'reject' }] });
    return ended(story, 'rejected');
  },

  review_expired: async (stage) => ended(await inReview(stage, 2_000), 'expired'),

  open_in_review: async (stage) => asItRuns(await inReview(stage)),

  authorized: async (stage) => ended(await begin(stage, 'pm_card_visa', LATER), 'paid'),

  authorized_then_cancelled: async (stage) =>
    ended(await cancelledWhileCharging(stage, 'pm_sandbox_slow', LATER), 'cancelled'),

  refunded: async (stage) => operated(await refund(stage, await paid(stage), 400)),

  refund_parked_then_resolved: async (stage) => {
    const order = await paid(stage, 'pm_sandbox_refund_fails');
    const story = await refund(stage, order, 400);
    await parks(stage, order);
    await attend(story, 'refundPayment', 'resolve');
    return operated(story);
  },

  refund_returned_then_retried: async (stage) => {
    const orderId = await paid(stage);
    await operated(await refund(stage, orderId, 400));
    const paymentIntentId = await paymentOf(stage, orderId);
    const { data } = await stage.provider.stripe.refunds.list({ payment_intent: paymentIntentId });
    const providerRefundId = data[0]?.id ?? '';
    await stage.provider.post(`/refunds/${providerRefundId}/fail`);
    const refundId = `${orderId}/refunds/1`;
    const input: ReturnedRefundInput = { orderId, paymentIntentId, refundId, amount: 400, providerRefundId };
    const workflowId = returnedRefundWorkflowId(orderId, providerRefundId);
    const story = await stage.begin({ type: RETURNED_REFUND_WORKFLOW, workflowId, orderId, input });
    await parks(stage, orderId);
    await attend(story, 'refundPayment', 'retry');
    return operated(story);
  },

  captured_in_parts: async (stage) => {
    const order = await authorized(stage);
    await operated(await capture(stage, order, 300));
    return operated(await capture(stage, order, 700));
  },

  capture_of_expired_authorization: async (stage) => {
    const order = await authorized(stage);
    await stage.provider.post(`/payment_intents/${await paymentOf(stage, order)}/expire`);
    return operated(await capture(stage, order, 400));
  },

  cancelled_after_paid: async (stage) => operated(await cancel(stage, await paid(stage))),

  cancelled_after_part_was_captured: async (stage) => {
    const order = await authorized(stage);
    await operated(await capture(stage, order, 400));
    return operated(await cancel(stage, order));
  },

  late_payment_refunded: async (stage) => {
    const story = await begin(stage, 'pm_card_authenticationRequired', { paymentDeadlineMs: 1_000 });
    const { orderId } = story.order;
    await ended(story, 'expired');
    const paymentIntentId = await paymentOf(stage, orderId);
    await stage.provider.post(`/payment_intents/${paymentIntentId}/succeed_late`);
    const input: LatePaymentInput = { orderId, paymentIntentId };
    const workflowId = latePaymentWorkflowId(orderId, paymentIntentId);
    return operated(await stage.begin({ type: LATE_PAYMENT_WORKFLOW, workflowId, orderId, input }));
  },

  /** News of another payment than its own came while the order was under way. */
  second_payment_handed_over: async (stage) => {
    const story = await waiting(stage);
    const { orderId } = story.order;
    const { id } = await stage.provider.stripe.paymentIntents.create({
      amount: 1_000,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      allowed_payment_method_types: ['card'],
      confirm: true,
      metadata: { order_id: orderId, attempt: '9' },
    });
    await story.handle.signal(PAYMENT_EVENT_SIGNAL, { paymentIntentId: id });
    await story.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
    const history = await ended(story, 'cancelled');
    assert.equal(await stage.run(latePaymentWorkflowId(orderId, id)).handle.result(), 'refunded');
    return history;
  },
};

const LATER: Partial<CheckoutPolicy> = { capture: 'later' };
const requestHash = 'a'.repeat(64);

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

async function begin(
  stage: RecordingStage,
  method: string,
  policy?: Partial<CheckoutPolicy>,
): Promise<PlayedOrder> {
  return stage.place({ lines: [line(await stage.shop.item(5))], payment: { method } }, policy);
}

/** Beyond what is waited for within the task that reserves: it is charged by a step of its own, which has begun. */
async function slowlyCharged(stage: RecordingStage): Promise<PlayedOrder> {
  await stage.provider.post('/faults', { latencyMs: 1_500 });
  const story = await begin(stage, 'pm_card_visa');
  await happened(story, 1, ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled != null);
  return story;
}

async function cancelledDuringSlowCharge(stage: RecordingStage): Promise<History> {
  const story = await slowlyCharged(stage);
  await story.handle.startUpdate(cancelUpdate, { args: [{}], waitForStage: 'ACCEPTED' });
  await stage.provider.post('/faults', { latencyMs: 0 });
  return ended(story, 'cancelled');
}

/** Its charge takes long enough to be cancelled meanwhile, and succeeds. */
async function cancelledWhileCharging(
  stage: RecordingStage,
  method: string,
  policy?: Partial<CheckoutPolicy>,
): Promise<PlayedOrder> {
  await stage.provider.post('/faults', { latencyMs: 700 });
  const story = await begin(stage, method, policy);
  await reaches(stage, story, 'reserved');
  await story.handle.startUpdate(cancelUpdate, {
    args: [{ reason: 'changed_my_mind' }],
    waitForStage: 'ACCEPTED',
  });
  await stage.provider.post('/faults', { latencyMs: 0 });
  return story;
}

async function inReview(stage: RecordingStage, deadlineMs = 900_000): Promise<PlayedOrder> {
  const review = { above: { EUR: 0 }, countries: [], deadlineMs };
  const story = await begin(stage, 'pm_card_visa', { review });
  await reaches(stage, story, 'in_review');
  return story;
}

/** The id of a paid order. */
async function paid(stage: RecordingStage, method = 'pm_card_visa'): Promise<string> {
  const story = await begin(stage, method);
  await ended(story, 'paid');
  return story.order.orderId;
}

/** The id of an order whose money is held. */
async function authorized(stage: RecordingStage): Promise<string> {
  const story = await begin(stage, 'pm_card_visa', LATER);
  await ended(story, 'paid');
  return story.order.orderId;
}

function refund(stage: RecordingStage, orderId: string, amount: number): Promise<PlayedRun> {
  const refundId = `${orderId}/refunds/1`;
  const input: RefundInput = { refundId, orderId, amount, requestHash };
  return stage.begin({ type: REFUND_WORKFLOW, workflowId: refundWorkflowId(refundId), orderId, input });
}

function capture(stage: RecordingStage, orderId: string, amount: number): Promise<PlayedRun> {
  const captureId = `${orderId}/captures/${amount}`;
  const input: CaptureInput = { captureId, orderId, amount, requestHash };
  return stage.begin({ type: CAPTURE_WORKFLOW, workflowId: captureWorkflowId(captureId), orderId, input });
}

function cancel(stage: RecordingStage, orderId: string): Promise<PlayedRun> {
  const input: CancellationInput = { orderId, reason: 'changed_my_mind' };
  const workflowId = cancellationWorkflowId(orderId);
  return stage.begin({ type: CANCELLATION_WORKFLOW, workflowId, orderId, input });
}

async function operated({ handle, history }: PlayedRun): Promise<History> {
  await handle.result();
  return history();
}

async function asItRuns(story: PlayedOrder): Promise<History> {
  await settled(story);
  const history = await story.history();
  await story.handle.terminate('it was recorded as it ran');
  return history;
}

function parks({ shop }: RecordingStage, orderId: string): Promise<void> {
  return waitUntilPasses(async () => {
    assert.notEqual((await shop.reader.parked(orderId)).length, 0);
  }, 120_000);
}

function attend({ handle }: PlayedRun, step: string, action: AttentionAction): Promise<AttentionAction> {
  return handle.executeUpdate(resolveStepUpdate, { args: [{ step, action, note: 'recorded' }] });
}

async function waiting(stage: RecordingStage): Promise<PlayedOrder> {
  const story = await begin(stage, 'pm_card_authenticationRequired');
  await reaches(stage, story, 'awaiting_customer');
  return story;
}

async function authentication(stage: RecordingStage, outcome: string, end: OrderStatus): Promise<History> {
  const story = await waiting(stage);
  await authenticate(stage, story, outcome);
  return ended(story, end);
}

/** Waits until the pending activity of the story has failed at least so often. */
function failedActivity({ handle }: PlayedOrder, times: number): Promise<void> {
  return waitUntilPasses(async () => {
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
  return waitUntilPasses(async () => {
    const { events } = await story.history();
    // With a message, since Node.js is slow to make one up from the source.
    assert.ok((events ?? []).filter(accepts).length >= times, 'it has not happened so often');
  }, 60_000);
}

/** Waits until the story has nothing left to do but to wait. */
function settled({ handle }: PlayedOrder): Promise<void> {
  return waitUntilPasses(async () => {
    const { raw } = await handle.describe();
    assert.equal(raw.pendingActivities?.length ?? 0, 0);
    assert.equal(raw.pendingWorkflowTask ?? null, null);
  });
}
