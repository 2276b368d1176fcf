import assert from 'node:assert/strict';
import { createAuthorizations } from '../../../src/adapters/postgres/authorizations.ts';
import { createOrderCarriers } from '../../../src/adapters/postgres/order-carriers.ts';
import { listEndedWorkflows } from '../../../src/adapters/temporal/ended-workflows.ts';
import { TASK_QUEUES } from '../../../src/contracts/temporal/names.ts';
import { sweepOrders, type SweepParts, type SweepReport } from '../../../src/orders/recovery/sweep.ts';
import { createCheckoutClient } from '../../../src/orders/temporal/checkout-client.ts';
import { createOperationClient } from '../../../src/orders/temporal/operation-client.ts';
import { testLogger } from '../../../harness/servers/test-servers.ts';
import type { Stage } from './app.ts';

export const sweepPolicy = { paymentDeadlineMs: 900_000 };

/** The parts of a sweep that works on a stage, whose orders are idle at once. */
export function sweepPartsOf({ client, shop: { pool, ledger, reader }, taskQueue }: Stage): SweepParts {
  return {
    carriers: createOrderCarriers(pool),
    authorizations: createAuthorizations(pool),
    checkouts: createCheckoutClient(client, { policy: sweepPolicy, taskQueue }),
    operations: createOperationClient(client, taskQueue),
    ledger,
    reader,
    listEnded: (since) => listEndedWorkflows(client, { ...TASK_QUEUES, checkout: taskQueue }, since),
    policy: sweepPolicy,
    logger: testLogger,
  };
}

/** Sweeps at once. */
export async function sweepWith(parts: SweepParts): Promise<SweepReport> {
  const report = await sweepOrders(parts, { intervalMs: 0, idleMs: 0, overdueMs: 0 });
  assert.ok(report);
  return report;
}
