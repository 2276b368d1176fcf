import assert from 'node:assert/strict';
import type { OrderStatus } from '../../../src/contracts/order-status.ts';
import { PAYMENT_EVENT_SIGNAL } from '../../../src/contracts/temporal/messages.ts';
import type { CheckoutPolicy } from '../../../src/contracts/temporal/checkout.ts';
import type { AttentionAction } from '../../../src/contracts/attention.ts';
import { cancelUpdate } from '../../../src/workflows/checkout.ts';
import { resolveStepUpdate } from '../../../src/workflows/lib/parked-steps.ts';
import type { History } from '../../../src/workers/history-json.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { line } from '../../../harness/orders.ts';
import type { RecordedOrder, RecordedRun, RecordingStage } from './stage.ts';

/** Runs a workflow on the stage and returns its history. */
export type Recording = (stage: RecordingStage) => Promise<History>;

export type HistoryEvent = NonNullable<History['events']>[number];

/** The policy of a shop that captures later. */
export const CAPTURE_LATER: Partial<CheckoutPolicy> = { capture: 'later' };

/** Places an order of one item that is in stock. */
export async function place(
  stage: RecordingStage,
  method: string,
  policy?: Partial<CheckoutPolicy>,
): Promise<RecordedOrder> {
  return stage.place({ lines: [line(await stage.shop.item(5))], payment: { method } }, policy);
}

export async function ended(run: RecordedOrder, status: OrderStatus): Promise<History> {
  const result = await run.handle.result();
  assert.equal(result.status, status);
  return run.history();
}

export function reaches(
  { shop }: RecordingStage,
  { order }: RecordedOrder,
  status: OrderStatus,
): Promise<void> {
  return waitUntilPasses(async () => {
    assert.equal((await shop.reader.find(order.orderId))?.view.status, status);
  }, 60_000);
}

export async function paymentOf({ shop }: RecordingStage, orderId: string): Promise<string> {
  const stored = await shop.reader.find(orderId);
  return stored?.view.payment.paymentIntentId ?? '';
}

/** The customer completes 3-D Secure, and the workflow receives the payment event. */
export async function authenticate(
  stage: RecordingStage,
  run: RecordedOrder,
  outcome: string,
): Promise<void> {
  const paymentIntentId = await paymentOf(stage, run.order.orderId);
  await stage.provider.post(`/payment_intents/${paymentIntentId}/authenticate`, { outcome });
  await run.handle.signal(PAYMENT_EVENT_SIGNAL, { paymentIntentId });
}

/** Places an order whose charge takes longer than the local activity, and waits until the activity has started. */
export async function placeWithSlowCharge(
  stage: RecordingStage,
  method = 'pm_card_visa',
  policy?: Partial<CheckoutPolicy>,
): Promise<RecordedOrder> {
  await stage.provider.post('/faults', { latencyMs: 1_500 });
  const run = await place(stage, method, policy);
  await hasEvents(run, 1, ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled != null);
  return run;
}

/** Places an order and cancels it during its charge, which then succeeds. */
export async function cancelledWhileCharging(
  stage: RecordingStage,
  method?: string,
  policy?: Partial<CheckoutPolicy>,
): Promise<RecordedOrder> {
  const run = await placeWithSlowCharge(stage, method, policy);
  await run.handle.startUpdate(cancelUpdate, {
    args: [{ reason: 'changed_my_mind' }],
    waitForStage: 'ACCEPTED',
  });
  await stage.provider.post('/faults', { latencyMs: 0 });
  return run;
}

/** From here on, charges of `pm_sandbox_outage` fail. */
export async function startOutage({ provider }: RecordingStage): Promise<void> {
  await provider.post('/outage', { until: new Date(Date.now() + 3_600_000).toISOString() });
}

export async function endOutage({ provider }: RecordingStage): Promise<void> {
  await provider.post('/outage', { until: new Date().toISOString() });
}

/** Waits until a step of the order is parked. */
export function parks({ shop }: RecordingStage, orderId: string): Promise<void> {
  return waitUntilPasses(async () => {
    assert.notEqual((await shop.reader.parked(orderId)).length, 0);
  }, 120_000);
}

export function resolveStep(
  { handle }: RecordedRun,
  step: string,
  action: AttentionAction,
): Promise<AttentionAction> {
  return handle.executeUpdate(resolveStepUpdate, { args: [{ step, action, note: 'recorded' }] });
}

/** More than a run has before it continues as new. */
const SIGNALS = 2_000;

/** Makes the history of the run too long by signals that it ignores, and waits for the next run. */
export async function becomesLong({ handle }: RecordedRun): Promise<void> {
  const { runId } = await handle.describe();
  await Promise.all(Array.from({ length: SIGNALS }, () => handle.signal(PAYMENT_EVENT_SIGNAL)));
  await waitUntilPasses(async () => {
    assert.notEqual((await handle.describe()).runId, runId);
  }, 60_000);
}

/** Waits until the history has at least so many events that `accepts` is true for. */
export function hasEvents(
  run: RecordedRun,
  count: number,
  accepts: (event: HistoryEvent) => boolean,
): Promise<void> {
  return waitUntilPasses(async () => {
    const { events } = await run.history();
    const found = (events ?? []).filter(accepts).length;
    assert.ok(found >= count, `the history has ${found} of ${count} events`);
  }, 60_000);
}

/** Waits until a mail of the order has failed. */
export function mailFailed({ shop }: RecordingStage, { order }: RecordedOrder): Promise<void> {
  return waitUntilPasses(async () => {
    const sql = "select from mails where order_id = $1 and status = 'failed'";
    assert.notEqual((await shop.pool.query(sql, [order.orderId])).rowCount, 0);
  });
}
