import { randomUUID } from 'node:crypto';
import type { ChargeOutcome, ChargeRequest } from '../../src/contracts/temporal/checkout.ts';

/** The first attempt to charge an order of its own 12.00 EUR. */
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

/** The id of the payment that came of a charge. */
export function paymentIntentIdOf(outcome: ChargeOutcome | undefined): string {
  if (!outcome || !('paymentIntentId' in outcome))
    throw new Error(`no payment came of it: ${JSON.stringify(outcome)}`);
  return outcome.paymentIntentId;
}
