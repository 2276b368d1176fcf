import { setTimeout as delay } from 'node:timers/promises';
import { sweepOrders, type SweepOptions, type SweepParts } from './sweep.ts';

export interface OrderSweeper {
  /** Resolves when the sweep in progress has ended. */
  stop(): Promise<void>;
}

/** PostgreSQL says whether a sweep is due, and gives it to one process. Milliseconds. */
const POLL_INTERVAL_MS = 5_000;

/** Sweeps orders without a run until it is stopped. Any number of processes may do this at once. */
export function startOrderSweeper(parts: SweepParts, options: SweepOptions = {}): OrderSweeper {
  const stopping = new AbortController();
  const running = run(parts, options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(parts: SweepParts, options: SweepOptions, stopping: AbortSignal): Promise<void> {
  const { logger } = parts;
  let isFailing = false;
  while (!stopping.aborted) {
    try {
      const report = await sweepOrders(parts, options);
      if (report && (report.restarted > 0 || report.failed > 0))
        logger.warn(report, 'the sweep found orders or operations without a workflow');
      if (report && isFailing) logger.info('the sweep works again');
      if (report) isFailing = false;
    } catch (error) {
      if (!isFailing)
        logger.warn(
          { cause: error instanceof Error ? error.message : typeof error },
          'the sweep of orders failed; it tries again',
        );
      isFailing = true;
    }
    await delay(POLL_INTERVAL_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}
