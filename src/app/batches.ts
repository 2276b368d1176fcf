import { createBatchClient } from '../batches/batch-client.ts';
import { resumeBatches } from '../batches/resume-batches.ts';
import { createPoller, type Poller } from '../intake/poller.ts';
import type { Logger } from '../platform/logging.ts';
import type { ProcessConfig } from './process-config.ts';
import type { Resources } from './resources.ts';

/** How often batches without a workflow are looked for. The query reads an index of the open ones. Milliseconds. */
const POLL_INTERVAL_MS = 10_000;

/** Looks for batches whose workflow was never started, in the role `checkout`. `undefined`: not a role of this process. */
export function openBatches(
  { client, stores }: Resources,
  { roles }: ProcessConfig,
  logger: Logger,
): Poller | undefined {
  if (!roles.includes('checkout')) return undefined;
  const parts = { store: stores.batches, batches: createBatchClient(client) };
  const poller = createPoller({
    async poll() {
      const started = await resumeBatches(parts);
      if (started.length > 0) logger.warn({ batchIds: started }, 'batches without a workflow were started');
      return false;
    },
    intervalMs: POLL_INTERVAL_MS,
    onError: (error) => {
      logger.warn(
        { cause: error instanceof Error ? error.message : typeof error },
        'batches without a workflow cannot be looked for; it is tried again',
      );
    },
  });
  poller.start();
  return poller;
}
