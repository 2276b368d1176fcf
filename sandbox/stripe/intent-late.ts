import type { Transaction } from './transaction.ts';
import { charge } from './pay.ts';
import type { PaymentIntentRecord } from './records.ts';

/**
 * The payment that comes after everyone has given up. Stripe revives no canceled payment; a shop has to survive one all
 * the same, from whatever provider. With manual capture the money is held rather than taken. Undefined when it has been
 * taken, or is held, already.
 */
export function succeedLate(draft: Transaction, id: string): PaymentIntentRecord | undefined {
  const intent = draft.intent(id);
  if (intent.status === 'succeeded' || intent.status === 'requires_capture') return undefined;
  const revived = { ...intent, canceled_at: null, cancellation_reason: null };
  return charge(draft, revived, intent.payment_method ?? 'pm_card_visa');
}
