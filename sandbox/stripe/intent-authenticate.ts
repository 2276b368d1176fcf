import type { Transaction } from './transaction.ts';
import { charge } from './pay.ts';
import type { PaymentIntentRecord } from './records.ts';

export type AuthenticationOutcome = 'succeeded' | 'failed';

/** Stripe's words for a customer who did not pass 3-D Secure. */
const failedMessage =
  'The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again.';

/**
 * The customer comes back from the bank. Safe to repeat: once settled, the same outcome changes nothing. Undefined when the
 * payment is settled otherwise, so that this outcome cannot be had any more.
 */
export function authenticate(
  draft: Transaction,
  id: string,
  outcome: AuthenticationOutcome,
): PaymentIntentRecord | undefined {
  const intent = draft.intent(id);
  if (intent.status !== 'requires_action' || intent.payment_method === null) {
    return settledAs(intent) === outcome ? intent : undefined;
  }
  if (outcome === 'succeeded') return charge(draft, intent, intent.payment_method);
  const unpaid = draft.put<PaymentIntentRecord>({
    ...intent,
    last_payment_error: {
      type: 'invalid_request_error',
      code: 'payment_intent_authentication_failure',
      message: failedMessage,
      payment_method: intent.payment_method,
    },
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  });
  draft.emit('payment_intent.payment_failed', unpaid);
  return unpaid;
}

function settledAs(intent: PaymentIntentRecord): AuthenticationOutcome | undefined {
  if (intent.status === 'succeeded' || intent.status === 'requires_capture') return 'succeeded';
  return intent.last_payment_error?.code === 'payment_intent_authentication_failure' ? 'failed' : undefined;
}
