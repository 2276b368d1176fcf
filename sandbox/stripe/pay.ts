import type { Faults } from '../faults.ts';
import { newId } from './transaction.ts';
import type { Transaction } from './transaction.ts';
import { missing, serverError, StripeFailure, unavailable } from './failure.ts';
import { allowsMulticapture, behaviourOf } from './payment-methods.ts';
import type { ChargeRecord, LedgerRecord, PaymentErrorRecord, PaymentIntentRecord } from './records.ts';
import { renderIntent, renderPaymentMethod } from './render.ts';

/** What a request comes to: an object, or an error that may nevertheless have changed the books (a decline). */
export interface Outcome {
  readonly record?: LedgerRecord;
  readonly failure?: StripeFailure;
  /** The effect stands and the answer is stored, but the connection is destroyed instead of answering. */
  readonly loseAnswer?: boolean;
}

export interface PaymentTerms {
  /** The customer is away (`off_session`) or must not be asked (`error_on_requires_action`). */
  readonly mayAskCustomer: boolean;
  readonly returnUrl: string | null;
  /** Where the sandbox's own authentication page is. */
  readonly baseUrl: string;
  readonly faults: Faults;
}

/** Confirms a payment: moves the money, or says why not. Synchronous, so that no other request comes in between. */
export function pay(
  draft: Transaction,
  intent: PaymentIntentRecord,
  method: string,
  terms: PaymentTerms,
): Outcome {
  const behaviour = behaviourOf(method);
  if (behaviour === undefined) throw missing('PaymentMethod', method, 'payment_method');
  const who = intent.metadata['order_id'] ?? `${method}/${intent.amount}/${intent.currency}`;
  const mark = `${behaviour.kind}:${who}`;
  switch (behaviour.kind) {
    case 'declined':
      return decline(draft, intent, method, {
        type: 'card_error',
        code: 'card_declined',
        decline_code: behaviour.declineCode,
        message: behaviour.message,
        payment_method: method,
      });
    case 'authentication':
      return askCustomer(draft, intent, method, terms);
    case 'error_once':
      if (!draft.marked(mark)) {
        draft.mark(mark);
        return { failure: serverError(true) };
      }
      forgetAnonymous(draft, intent, mark);
      return { record: charge(draft, intent, method) };
    case 'outage':
      if (terms.faults.outage.strikes(mark, draft.marked(mark))) {
        if (!draft.marked(mark)) draft.mark(mark);
        return { failure: unavailable() };
      }
      forgetAnonymous(draft, intent, mark);
      return { record: charge(draft, intent, method) };
    case 'answer_lost':
      return { record: charge(draft, intent, method), loseAnswer: true };
    case 'succeeds':
    case 'slow':
      return { record: charge(draft, intent, method) };
    case 'refunds_fail': {
      const record = charge(draft, intent, method);
      if (record.latest_charge !== null) draft.mark(refundsFail(record.latest_charge));
      return { record };
    }
  }
}

/** On file while refunds of the charge fail. */
export function refundsFail(charge: string): string {
  return `refunds_fail:${charge}`;
}

/** The money moves, or with manual capture is held. */
export function charge(draft: Transaction, intent: PaymentIntentRecord, method: string): PaymentIntentRecord {
  const held = intent.capture_method === 'manual';
  const { id } = draft.put(chargeOf(draft, intent, method));
  const paid = draft.put<PaymentIntentRecord>({
    ...intent,
    amount_capturable: held ? intent.amount : 0,
    amount_received: held ? 0 : intent.amount,
    last_payment_error: null,
    latest_charge: id,
    next_action: null,
    payment_method: method,
    status: held ? 'requires_capture' : 'succeeded',
  });
  draft.emit(held ? 'payment_intent.amount_capturable_updated' : 'payment_intent.succeeded', paid);
  return paid;
}

function chargeOf(draft: Transaction, intent: PaymentIntentRecord, method: string): ChargeRecord {
  const held = intent.capture_method === 'manual';
  return {
    object: 'charge',
    id: newId('ch'),
    amount: intent.amount,
    amount_captured: held ? 0 : intent.amount,
    amount_refunded: 0,
    ...(held && { authorized_until: draft.authorizedUntil() }),
    captured: !held,
    created: draft.now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    failure_code: null,
    failure_message: null,
    decline_code: null,
    metadata: intent.metadata,
    ...(intent.request_multicapture === true && allowsMulticapture(method) && { multicapture: true }),
    payment_intent: intent.id,
    payment_method: method,
    receipt_email: intent.receipt_email,
    status: 'succeeded',
  };
}

function decline(
  draft: Transaction,
  intent: PaymentIntentRecord,
  method: string,
  error: PaymentErrorRecord & { type: 'card_error' },
): Outcome {
  const failed = draft.put<ChargeRecord>({
    ...chargeOf(draft, intent, method),
    amount_captured: 0,
    captured: false,
    failure_code: error.code,
    failure_message: error.message,
    decline_code: error.decline_code ?? null,
    status: 'failed',
  });
  const unpaid = draft.put<PaymentIntentRecord>({
    ...intent,
    last_payment_error: { ...error, charge: failed.id },
    latest_charge: failed.id,
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  });
  draft.emit('payment_intent.payment_failed', unpaid);
  const { payment_method: declinedMethod, ...rest } = error;
  return {
    failure: new StripeFailure(402, {
      ...rest,
      charge: failed.id,
      payment_intent: renderIntent(unpaid),
      payment_method: renderPaymentMethod(declinedMethod),
    }),
  };
}

function askCustomer(
  draft: Transaction,
  intent: PaymentIntentRecord,
  method: string,
  terms: PaymentTerms,
): Outcome {
  if (!terms.mayAskCustomer) {
    return decline(draft, intent, method, {
      type: 'card_error',
      code: 'authentication_required',
      decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
      payment_method: method,
    });
  }
  const waiting = draft.put<PaymentIntentRecord>({
    ...intent,
    last_payment_error: null,
    next_action: {
      url: `${terms.baseUrl}/sandbox/payment_intents/${intent.id}/authenticate`,
      return_url: terms.returnUrl,
    },
    payment_method: method,
    status: 'requires_action',
  });
  draft.emit('payment_intent.requires_action', waiting);
  return { record: waiting };
}

/** Without an order id the mark stands for method and amount: it is wiped so that the next payment alike meets the trouble again. */
function forgetAnonymous(draft: Transaction, intent: PaymentIntentRecord, mark: string): void {
  if (intent.metadata['order_id'] === undefined && draft.marked(mark)) draft.unmark(mark);
}
