import { createAuthorizations } from '../adapters/postgres/authorizations.ts';
import { createOrderCarriers } from '../adapters/postgres/order-carriers.ts';
import { createOrderLedger } from '../adapters/postgres/order-ledger.ts';
import { createOrderReader } from '../adapters/postgres/order-reader.ts';
import { listEndedWorkflows } from '../adapters/temporal/ended-workflows.ts';
import { TASK_QUEUES } from '../contracts/temporal/names.ts';
import { startOrderSweeper, type OrderSweeper } from '../orders/recovery/sweeper.ts';
import { createCheckoutClient } from '../orders/temporal/checkout-client.ts';
import { createOperationClient } from '../orders/temporal/operation-client.ts';
import type { Logger } from '../platform/logging.ts';
import type { ProcessConfig } from './process-config.ts';
import type { Resources } from './resources.ts';

/** Restarts orders whose workflow is gone, and watches authorisations that end, in the role `checkout`. `undefined`: not a role of this process. */
export function openOrderSweeper(
  { client, pool }: Resources,
  { roles, policy, captureWarningMs }: ProcessConfig,
  logger: Logger,
): OrderSweeper | undefined {
  if (!roles.includes('checkout')) return undefined;
  const parts = {
    carriers: createOrderCarriers(pool),
    authorizations: createAuthorizations(pool),
    checkouts: createCheckoutClient(client, { policy }),
    operations: createOperationClient(client),
    ledger: createOrderLedger(pool),
    reader: createOrderReader(pool),
    listEnded: (since: Date) => listEndedWorkflows(client, TASK_QUEUES, since),
    policy,
    logger,
  };
  return startOrderSweeper(parts, { captureWarningMs });
}
