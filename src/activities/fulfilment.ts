import type { ShipmentStore } from '../adapters/postgres/shipment-store.ts';
import type { FulfilmentPolicy } from '../contracts/fulfilment-policy.ts';
import type { FulfilmentStepActivities } from '../contracts/temporal/fulfilment.ts';
import { permanentFaultsFail } from './database-faults.ts';

/**
 * The steps of fulfilment in our own database. The policy is that of this process: an order that is shipped over weeks follows the
 * configuration as it is now.
 */
export const createFulfilmentActivities = (
  shipments: ShipmentStore,
  { mode, tracking, returnWindowMs }: FulfilmentPolicy,
): FulfilmentStepActivities => ({
  planFulfilment: (orders) =>
    permanentFaultsFail(() =>
      shipments.plan(orders.map(({ orderId }) => ({ orderId, mode, tracking, returnWindowMs }))),
    ),
  allocateStock: (orders) => permanentFaultsFail(() => shipments.reallocateShorts(orders)),
});
