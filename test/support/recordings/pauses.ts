import assert from 'node:assert/strict';
import { cancelUpdate } from '../../../src/workflows/checkout.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { line } from '../../../harness/orders.ts';
import { authorized, capture, completed } from './operations.ts';
import type { RecordedGroup, RecordedRun, RecordingStage } from './stage.ts';
import { ended, hasEvents, place, type Recording } from './steps.ts';

/** Recordings of workflows that have met a payment provider that an operator has paused. */
export const PAUSE_RECORDINGS: Readonly<Record<string, Recording>> = {
  paused_then_paid: (stage) =>
    whilePaused(stage, async (release) => {
      const run = await place(stage, 'pm_card_visa');
      await waits(run);
      release();
      return ended(run, 'paid');
    }),

  paused_then_cancelled: (stage) =>
    whilePaused(stage, async () => {
      const run = await place(stage, 'pm_card_visa');
      await waits(run);
      await run.handle.executeUpdate(cancelUpdate, { args: [{ reason: 'changed_my_mind' }] });
      return ended(run, 'cancelled');
    }),

  group_paused: (stage) =>
    whilePaused(stage, async () => {
      const group = await placeTwo(stage);
      assert.deepEqual(await group.handle.result(), { detached: 2 });
      return group.history();
    }),

  detached_paused_then_paid: (stage) =>
    whilePaused(stage, async (release) => {
      const [run] = (await placeTwo(stage)).orders;
      assert(run);
      await waitUntilPasses(() => run.handle.describe());
      await waits(run);
      release();
      return ended(run, 'paid');
    }),

  capture_paused_then_captured: async (stage) => {
    const orderId = await authorized(stage);
    return whilePaused(stage, async (release) => {
      const run = await capture(stage, orderId, 400);
      await waits(run);
      release();
      return completed(run);
    });
  },
};

async function whilePaused<T>(stage: RecordingStage, run: (release: () => void) => Promise<T>): Promise<T> {
  stage.pauseProvider(true);
  const release = (): void => {
    stage.pauseProvider(false);
  };
  try {
    return await run(release);
  } finally {
    release();
  }
}

/** Waits until the workflow waits for the release of the provider. */
const waits = (run: RecordedRun): Promise<void> =>
  hasEvents(
    run,
    1,
    ({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === 'awaitProvider',
  );

async function placeTwo(stage: RecordingStage): Promise<RecordedGroup> {
  const sku = await stage.shop.item(9);
  return stage.placeTogether([{ lines: [line(sku)] }, { lines: [line(sku)] }]);
}
