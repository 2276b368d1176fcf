import { randomUUID } from 'node:crypto';
import type { OrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import type { ChargeOutcome, ChargeRequest } from '../../src/contracts/temporal/checkout.ts';

/** The first attempt to charge a new order 12.00 EUR. */
export function chargeRequest(changes: Partial<ChargeRequest> = {}): ChargeRequest {
  return {
    orderId: `ord_${randomUUID().replaceAll('-', '')}`,
    attempt: 1,
    amount: 1_200,
    currency: 'EUR',
    paymentMethod: 'pm_card_visa',
    placedAt: new Date().toISOString(),
    triedBefore: false,
    ...changes,
  };
}

/** A ledger that knows no payment of any order. */
export const noPayments: Pick<OrderLedger, 'findPayments'> = {
  findPayments: (orders) => Promise.resolve(orders.map(({ orderId }) => ({ orderId, paymentIntentIds: [] }))),
};

/** The payment intent of a charge. Throws if the charge has none. */
export function paymentIntentIdOf(outcome: ChargeOutcome | undefined): string {
  if (!outcome || !('paymentIntentId' in outcome))
    throw new Error(`The charge has no payment intent: ${JSON.stringify(outcome)}`);
  return outcome.paymentIntentId;
}
