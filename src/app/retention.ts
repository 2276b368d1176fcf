import { setTimeout as delay } from 'node:timers/promises';
import type { DeleteExpired, RetentionKind } from '../adapters/postgres/retention.ts';
import { createPoller, type Poller } from '../intake/poller.ts';
import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logging.ts';
import type { ProcessConfig } from './process-config.ts';
import type { Resources } from './resources.ts';

export interface RetentionOptions {
  deleteExpired: DeleteExpired;
  /** How long rows are kept, by kind. Milliseconds. */
  keepMs: Readonly<Record<RetentionKind, number>>;
  logger: Logger;
  /** How often a process asks whether a run is due. Milliseconds. */
  pollIntervalMs?: number;
  /** Between two batches, so that orders have the database to themselves for most of the time. Milliseconds. */
  pauseMs?: number;
}

const BATCH_SIZE = 500;
const RUN_INTERVAL_MS = 3_600_000;
const POLL_INTERVAL_MS = 60_000;
const PAUSE_MS = 200;

/** Deletes old rows, in the role `checkout`, which every installation has. `undefined`: not a role of this process. */
export function openRetention(
  { stores }: Resources,
  { roles, retention }: ProcessConfig,
  logger: Logger,
): Poller | undefined {
  if (!roles.includes('checkout')) return undefined;
  const poller = createRetention({
    deleteExpired: stores.deleteExpired,
    keepMs: keepMsOf(retention),
    logger,
  });
  poller.start();
  return poller;
}

/** What the documents promise to subscribers (docs/guides/stock-alerts.md), so it cannot be configured. Milliseconds. */
const SUBSCRIPTION_RETENTION_MS = 30 * 86_400_000;

/** What an operator did with many orders at once is asked for long after. Milliseconds. */
const BATCH_RETENTION_MS = 365 * 86_400_000;

export const keepMsOf = (retention: Config['retention']): RetentionOptions['keepMs'] => ({
  dead_letters: retention.deadLetterMs,
  audits: retention.auditMs,
  order_claims: retention.claimMs,
  webhook_deliveries: retention.webhookMs,
  stock_alerts: retention.stockAlertMs,
  stock_subscriptions: SUBSCRIPTION_RETENTION_MS,
  // A session that has ended is of no use to anybody.
  board_sessions: 0,
  batches: BATCH_RETENTION_MS,
});

/** Runs once an hour for each kind, whichever process comes first. A run that is interrupted is continued by any process. */
export function createRetention({
  deleteExpired,
  keepMs,
  logger,
  pollIntervalMs = POLL_INTERVAL_MS,
  pauseMs = PAUSE_MS,
}: RetentionOptions): Poller {
  const kinds = (Object.keys(keepMs) as RetentionKind[]).map((kind) => ({ kind, keepMs: keepMs[kind] }));
  const deletedInRun = new Map<RetentionKind, number>();

  return createPoller({
    async poll() {
      const batch = await deleteExpired({ limit: BATCH_SIZE, everyMs: RUN_INTERVAL_MS, kinds });
      if (!batch) return false;
      const { kind, deleted, more } = batch;
      const total = (deletedInRun.get(kind) ?? 0) + deleted;
      deletedInRun.set(kind, more ? total : 0);
      if (!more && total > 0) logger.info({ kind, deleted: total }, `retention deleted old rows of ${kind}`);
      if (more) await delay(pauseMs);
      return true;
    },
    intervalMs: pollIntervalMs,
    onError: (error) => {
      logger.warn({ cause: String(error) }, 'retention cannot delete old rows; it tries again');
    },
  });
}
