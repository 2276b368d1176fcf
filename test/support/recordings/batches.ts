import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { batchIdOf } from '../../../src/batches/batch-id.ts';
import { batchWorkflowId } from '../../../src/contracts/temporal/names.ts';
import type { History } from '../../../src/workers/history-json.ts';
import type { RecordedRun, RecordingStage } from './stage.ts';
import { ended, place, type Recording } from './steps.ts';

/** Recordings of batches. */
export const BATCH_RECORDINGS: Readonly<Record<string, Recording>> = {
  batch_done: async (stage) => {
    const run = await start(stage, 3);
    await run.handle.result();
    return run.history();
  },

  batch_stopped: async (stage) => {
    const turn = hold(stage);
    const run = await start(stage, 6);
    await turn.isBegun;
    await stage.batches.store.stop(run.batchId, run.requester);
    await stage.batches.client.stop(run.batchId);
    turn.open();
    assert.deepEqual(await run.handle.result(), { batchId: run.batchId, state: 'stopped' });
    return run.history();
  },

  batch_cancelled_from_temporal_ui: async (stage): Promise<History> => {
    const isBegun = holdUntilCancelled(stage);
    const run = await start(stage, 6);
    await isBegun;
    await run.handle.cancel();
    assert.deepEqual(await run.handle.result(), { batchId: run.batchId, state: 'stopped' });
    return run.history();
  },
};

interface StartedBatch extends RecordedRun {
  batchId: string;
  requester: { clientId: string; keyId: string };
}

/** A batch that refunds so many orders. */
async function start(stage: RecordingStage, orders: number): Promise<StartedBatch> {
  const orderIds: string[] = [];
  let clientId = '';
  for (let n = 0; n < orders; n += 1) {
    const run = await place(stage, 'pm_card_visa');
    await ended(run, 'paid');
    orderIds.push(run.order.orderId);
    clientId = run.order.clientId;
  }
  const requester = { clientId, keyId: 'recorder' };
  const batchId = batchIdOf(clientId, randomUUID());
  const { store, client } = stage.batches;
  const source = { orderIds: orders };
  const batch = { batchId, requestedBy: requester, requestHash: 'a'.repeat(64), source };
  assert.ok(await store.plan({ ...batch, action: 'refund' }, orderIds));
  const asked = { wouldGo: orders, note: 'recorded', startedBy: requester };
  assert.equal((await store.start(batchId, asked)).outcome, 'started');
  await client.start(batchId);
  return { ...stage.run(batchWorkflowId(batchId)), batchId, requester };
}

/** Every turn waits until its activity is cancelled. */
const holdUntilCancelled = (stage: RecordingStage): Promise<void> =>
  new Promise((resolve) => {
    stage.batchTurn.run = async () => {
      resolve();
      await Context.current().cancelled.catch(() => undefined);
      return { outcome: 'done' };
    };
  });

/** Every turn waits until `open` is called. */
function hold(stage: RecordingStage): { isBegun: Promise<void>; open: () => void } {
  let begun: () => void = () => undefined;
  let open: () => void = () => undefined;
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  const opened = new Promise<void>((resolve) => (open = resolve));
  stage.batchTurn.run = async () => {
    begun();
    await opened;
    return { outcome: 'done' };
  };
  return { isBegun, open };
}
