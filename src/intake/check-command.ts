import type { DryRun } from '../adapters/postgres/dry-run.ts';
import type { ReturnStore } from '../adapters/postgres/return-store.ts';
import type { Logger } from '../platform/logging.ts';
import { recordReport } from '../fulfilment/fulfilment-service.ts';
import { createOrderChecks, type OrderCheckParts } from '../orders/order-checks.ts';
import { requireStockItem, unknownLocation } from '../orders/put-stock-item.ts';
import { requireStripeEvent } from '../orders/stripe-event.ts';
import { recordReceipt } from '../returns/return-service.ts';
import { createStockSync } from '../stock/stock-sync.ts';
import type { CommandServices } from './execute-command.ts';

export interface CheckServiceParts extends OrderCheckParts {
  dryRun: DryRun;
  returns: Pick<ReturnStore, 'find'>;
  /** The API client that the commands act as. */
  clientId: string;
  logger: Logger;
}

/**
 * Services with which `executeCommand` has no effect, and fails with the problem that the command would have: what PostgreSQL decides is
 * run there and undone, and nothing else is called. Of a payment event its form is checked only, since what it says is asked for at the
 * provider.
 */
export function createCheckServices(parts: CheckServiceParts): CommandServices {
  const { clientId, dryRun, chargeRules, logger } = parts;
  const checks = createOrderChecks(parts);
  const findOrder: CheckServiceParts['findOrder'] = (client, orderId) => parts.findOrder(client, orderId);
  const stockSync = createStockSync({
    counts: {
      apply: dryRun.applyCounts,
      resetSequences: () => Promise.reject(new Error('A check resets no sequence.')),
    },
    onShortChanged: () => Promise.resolve(),
    logger,
  });
  return {
    clientId,
    orders: {
      place: async (command) => ({ order: await checks.place(command) }),
      cancel: async (command) => ({ order: await checks.cancel(command) }),
      cancelLines: async (command) => ({ order: await checks.cancelLines(command) }),
      applyStripeEvent(event) {
        requireStripeEvent(event);
        return Promise.resolve(undefined);
      },
    },
    returns: {
      receive: (command) =>
        recordReceipt({ find: parts.returns.find, receive: dryRun.receiveReturn }, command),
    },
    stockSync,
    async putStockItem(sku, item, actor) {
      requireStockItem(chargeRules, sku, item);
      const { applied, unknownLocation: isUnknown } = await dryRun.putItem({ ...item, sku, actor });
      if (isUnknown) throw unknownLocation(item);
      return { applied };
    },
    fulfilment: {
      async report(command) {
        await recordReport({ shipments: { report: dryRun.reportShipments }, findOrder }, command);
        return { status: 'handed_over' };
      },
    },
  };
}
