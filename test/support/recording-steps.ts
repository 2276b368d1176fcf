import assert from 'node:assert/strict';
import type { OrderStatus } from '../../src/contracts/order-status.ts';
import { PAYMENT_EVENT_SIGNAL } from '../../src/contracts/temporal/names.ts';
import type { History } from '../../src/workers/history-json.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import type { PlayedOrder, RecordingStage } from './recording-stage.ts';

/** A story, played for real; answers its history. */
export type Recording = (stage: RecordingStage) => Promise<History>;

export async function ended(story: PlayedOrder, end: OrderStatus): Promise<History> {
  const { status } = await story.handle.result();
  assert.equal(status, end);
  return story.history();
}

export function reaches(
  { shop }: RecordingStage,
  { order }: PlayedOrder,
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

/** The customer does what 3-D Secure asks of them, and the order hears of it. */
export async function authenticate(
  stage: RecordingStage,
  story: PlayedOrder,
  outcome: string,
): Promise<void> {
  const paymentIntentId = await paymentOf(stage, story.order.orderId);
  await stage.provider.post(`/payment_intents/${paymentIntentId}/authenticate`, { outcome });
  await story.handle.signal(PAYMENT_EVENT_SIGNAL, { paymentIntentId });
}
