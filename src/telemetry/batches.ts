import type { BatchObserver } from '../contracts/ports/batch-observer.ts';
import type { Families } from './families.ts';

export function batchObserver(
  {
    batchesInProgress,
    batchQueue,
    batchSize,
    batchDuration,
  }: Pick<Families, 'batchesInProgress' | 'batchQueue' | 'batchSize' | 'batchDuration'>,
  batcher: string,
): BatchObserver {
  const running = batchesInProgress.labels({ batcher });
  const queue = batchQueue.labels({ batcher });
  const size = batchSize.labels({ batcher });
  const duration = batchDuration.labels({ batcher });
  running.set(0);
  queue.set(0);
  return {
    changed(queued, inProgress) {
      queue.set(queued);
      running.set(inProgress);
    },
    done(items, durationMs) {
      size.observe(items);
      duration.observe(durationMs / 1_000);
    },
  };
}
