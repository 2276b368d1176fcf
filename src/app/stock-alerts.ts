import type { Logger } from '../platform/logging.ts';
import { startStockAlertPoller, type StockAlertPoller } from '../stock-alerts/poller.ts';
import type { ProcessConfig } from './process-config.ts';
import type { Resources } from './resources.ts';

/** Raises alerts of low stock and notifies subscribers, in the role `notifications`. `undefined`: not a role of this process. */
export function openStockAlerts(
  { mailer, stores }: Resources,
  { roles, mail, shop, publicUrl, stock }: ProcessConfig,
  logger: Logger,
): StockAlertPoller | undefined {
  if (!roles.includes('notifications')) return undefined;
  return startStockAlertPoller({
    alerts: stores.stockAlerts,
    subscriptions: stores.stockSubscriptions,
    mailer,
    style: { shop, replyTo: mail.replyTo },
    alertsTo: mail.alertsTo,
    publicUrl,
    delayMs: stock.alertDelayMs,
    logger,
  });
}
