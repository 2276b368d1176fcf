import type { OrderClaims } from '../adapters/postgres/order-claims.ts';
import type { CheckoutOrder } from '../contracts/temporal/checkout.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import type { CheckoutClient } from './temporal/checkout-client.ts';

export interface RunningOrderParts {
  claims: OrderClaims;
  runs: CheckoutClient;
}

/** An order as its workflow was started with it: how it is found until its first step has written it down. */
export async function findRunning(
  { claims, runs }: RunningOrderParts,
  orderId: string,
): Promise<CheckoutOrder | undefined> {
  const carrier = await claims.workflowOf(orderId);
  return runs.find(carrier ?? checkoutWorkflowId(orderId), orderId);
}
