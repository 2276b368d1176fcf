import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { CheckoutOrder } from '../contracts/temporal/checkout.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import type { CheckoutClient } from './temporal/checkout-client.ts';

export interface RunningOrderParts {
  claims: OrderClaims;
  checkouts: CheckoutClient;
}

/**
 * Finds an order in the input of its workflow, as it is before the first step has written it to PostgreSQL. `undefined`:
 * Temporal has no such workflow, or no longer.
 */
export async function findRunningOrder(
  { claims, checkouts }: RunningOrderParts,
  orderId: string,
): Promise<CheckoutOrder | undefined> {
  const workflowId = await claims.workflowOf(orderId);
  return checkouts.find(workflowId ?? checkoutWorkflowId(orderId), orderId);
}
