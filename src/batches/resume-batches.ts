import type { BatchStore } from '../adapters/postgres/batch-store.ts';
import type { BatchClient } from './batch-client.ts';

export interface ResumeBatchesParts {
  store: Pick<BatchStore, 'open' | 'finish'>;
  batches: Pick<BatchClient, 'start' | 'state'>;
}

/** A process that has recorded the start of a batch starts its workflow at once. Milliseconds. */
const START_GRACE_MS = 10_000;

/**
 * Starts the workflow of batches whose process has died between recording their start and starting it. A batch whose workflow somebody has
 * ended is stopped: whoever terminates it does not want it to go on. Returns the ids of those that were started. Safe to run at once in
 * several processes.
 */
export async function resumeBatches(
  { store, batches }: ResumeBatchesParts,
  graceMs = START_GRACE_MS,
): Promise<string[]> {
  const started: string[] = [];
  for (const batchId of await store.open(graceMs)) {
    const state = await batches.state(batchId);
    if (state === 'ended') await store.finish(batchId, 'workflow_ended');
    if (state !== 'none') continue;
    await batches.start(batchId);
    started.push(batchId);
  }
  return started;
}
