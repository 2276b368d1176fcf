import type { Transaction } from './transaction.ts';
import { charge } from './pay.ts';
import type { PaymentIntentRecord } from './records.ts';

/**
 * Lets a payment succeed after its shop has given up on it. Stripe does not do this with a canceled payment, but a shop must handle
 * it, because another provider may. With manual capture the money is authorized and not captured. Returns undefined if the payment
 * has already succeeded or is authorized.
 */
export function succeedLate(transaction: Transaction, id: string): PaymentIntentRecord | undefined {
  const intent = transaction.intent(id);
  if (intent.status === 'succeeded' || intent.status === 'requires_capture') return undefined;
  const revived = { ...intent, canceled_at: null, cancellation_reason: null };
  return charge(transaction, revived, intent.payment_method ?? 'pm_card_visa');
}
