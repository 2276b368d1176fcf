import type Stripe from 'stripe';
import type { ProviderDispute } from '../../contracts/temporal/disputes.ts';
import { fromStripeAmount } from './amounts.ts';

/** Lists the disputes of a payment, open and closed. */
export async function disputesOf(stripe: Stripe, paymentIntentId: string): Promise<ProviderDispute[]> {
  const disputes: ProviderDispute[] = [];
  for await (const each of stripe.disputes.list({ payment_intent: paymentIntentId, limit: 100 }))
    disputes.push(toDispute(each));
  return disputes;
}

/**
 * Converts a dispute. The amounts of its balance transactions are in the currency of the shop's balance, where a reinstatement may
 * differ from its withdrawal by the exchange rate. So only their signs say whether the money is withdrawn.
 */
export function toDispute(dispute: Stripe.Dispute): ProviderDispute {
  const { balance_transactions: booked, evidence_details: evidence } = dispute;
  const dueBy = evidence.due_by;
  return {
    disputeId: dispute.id,
    amount: fromStripeAmount(dispute.amount, dispute.currency),
    currency: dispute.currency.toUpperCase(),
    reason: dispute.reason,
    status: dispute.status,
    ...(dueBy !== null && { evidenceDueAt: isoTime(dueBy) }),
    fundsWithdrawn: booked.some(({ amount }) => amount < 0) && !booked.some(({ amount }) => amount > 0),
    openedAt: isoTime(dispute.created),
  };
}

const isoTime = (unixSeconds: number): string => new Date(unixSeconds * 1_000).toISOString();
