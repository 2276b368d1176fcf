import type { OrderReader } from '../adapters/postgres/order-reader.ts';
import type { DisputesClient } from './temporal/disputes-client.ts';

/** A verified event of the payment provider about a dispute. */
export interface DisputeEvent {
  paymentIntentId: string;
}

export interface DisputeEventParts {
  reader: OrderReader;
  disputes: DisputesClient;
}

/**
 * Has a workflow read the disputes of the payment from the provider. A dispute does not name the order: it is that of the payment. A
 * payment that is not recorded here may be recorded in a moment, as when a test card is disputed at once, or be another system's: the
 * workflow asks the provider.
 *
 * Returns the id of the order, if it is known, when the event is durable. Safe to run twice. If it throws, the provider must send the
 * event again.
 */
export async function applyDisputeEvent(
  { reader, disputes }: DisputeEventParts,
  { paymentIntentId }: DisputeEvent,
): Promise<string | undefined> {
  const orderId = (await reader.payment(paymentIntentId))?.orderId;
  await disputes.changed({ paymentIntentId, ...(orderId !== undefined && { orderId }) });
  return orderId;
}
