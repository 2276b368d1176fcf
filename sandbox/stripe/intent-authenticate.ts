import type { Transaction } from './transaction.ts';
import { charge } from './pay.ts';
import type { PaymentIntentRecord } from './records.ts';

export type AuthenticationOutcome = 'succeeded' | 'failed';

/** Stripe's message for a customer who did not pass 3-D Secure. */
const FAILED_MESSAGE =
  'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.';

/**
 * Applies the outcome of the customer's authentication at the bank. Safe to repeat: the same outcome changes nothing. Returns
 * undefined if the payment already has another outcome.
 */
export function authenticate(
  transaction: Transaction,
  id: string,
  outcome: AuthenticationOutcome,
): PaymentIntentRecord | undefined {
  const intent = transaction.intent(id);
  if (intent.status !== 'requires_action' || intent.payment_method === null) {
    return settledAs(intent) === outcome ? intent : undefined;
  }
  if (outcome === 'succeeded') return charge(transaction, intent, intent.payment_method);
  const unpaid = transaction.put<PaymentIntentRecord>({
    ...intent,
    last_payment_error: {
      type: 'invalid_request_error',
      code: 'payment_intent_authentication_failure',
      message: FAILED_MESSAGE,
      payment_method: intent.payment_method,
    },
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  });
  transaction.emit('payment_intent.payment_failed', unpaid);
  return unpaid;
}

function settledAs(intent: PaymentIntentRecord): AuthenticationOutcome | undefined {
  if (intent.status === 'succeeded' || intent.status === 'requires_capture') return 'succeeded';
  return intent.last_payment_error?.code === 'payment_intent_authentication_failure' ? 'failed' : undefined;
}
