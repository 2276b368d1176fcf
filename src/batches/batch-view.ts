import type { StoredBatch } from '../adapters/postgres/batch-rows.ts';
import {
  BATCH_ORDERS_PER_SECOND,
  confirmationOf,
  requesterActor,
  type BatchOutcome,
} from '../contracts/batches.ts';
import type { BatchView } from '../contracts/http/batches.ts';

/** A batch as the API shows it. */
export function toBatchView(batch: StoredBatch): BatchView {
  const { clientId, keyId, sessionId, source, step, code, startedAt, endedAt, sums } = batch;
  const count = (outcome: BatchOutcome): number =>
    sums.counts?.find((each) => each.outcome === outcome)?.count ?? 0;
  const counts = {
    matched: sums.counts?.reduce((sum, each) => sum + each.count, 0) ?? 0,
    pending: count('pending'),
    running: count('running'),
    done: count('done'),
    failed: count('failed'),
    leftOut: count('left_out'),
  };
  const isPlanned = batch.state === 'planned';
  return {
    batchId: batch.batchId,
    action: batch.action,
    state: batch.state,
    ...((step !== null || code !== null) && {
      cause: { ...(step !== null && { step }), ...(code !== null && { code }) },
    }),
    ...('query' in source && { query: source.query }),
    ...('batchId' in source && { from: source }),
    counts,
    leftOut: sums.leftOut ?? [],
    money: sums.money ?? [],
    unknownAmounts: sums.unknownAmounts ?? 0,
    mails: sums.mails ?? 0,
    ordersPerSecond: BATCH_ORDERS_PER_SECOND,
    estimatedSeconds: Math.ceil((counts.pending + counts.running) / BATCH_ORDERS_PER_SECOND),
    ...(isPlanned && counts.pending > 0 && { confirmation: confirmationOf(batch.action, counts.pending) }),
    ...(batch.note !== null && { note: batch.note }),
    ...(batch.stopCause !== null && { stopCause: batch.stopCause }),
    plannedBy: requesterActor({ clientId, keyId, ...(sessionId !== null && { sessionId }) }),
    ...(batch.startedBy && { startedBy: requesterActor(batch.startedBy) }),
    ...(batch.stoppedBy && { stoppedBy: requesterActor(batch.stoppedBy) }),
    createdAt: batch.createdAt.toISOString(),
    plannedAt: batch.plannedAt.toISOString(),
    ...(startedAt && { startedAt: startedAt.toISOString() }),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
  };
}
