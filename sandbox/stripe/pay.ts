import type { Faults } from './faults.ts';
import { newId } from './transaction.ts';
import type { Transaction } from './transaction.ts';
import { resourceMissing, serverError, StripeFailure, unavailable } from './failure.ts';
import { openDisputeOfMethod } from './disputes.ts';
import { allowsMulticapture, behaviourOf } from './payment-methods.ts';
import type { ChargeRecord, LedgerRecord, PaymentErrorRecord, PaymentIntentRecord } from './records.ts';
import { renderIntent, renderPaymentMethod } from './render.ts';

/** The outcome of a request: an object, or an error, which may also have changed records (a decline). */
export interface Outcome {
  readonly record?: LedgerRecord;
  readonly failure?: StripeFailure;
  /** The changes and the response are stored, but the connection is closed instead of sending the response. */
  readonly dropResponse?: boolean;
}

export interface PaymentTerms {
  /** False if the customer is not there (`off_session`) or must not be asked (`error_on_requires_action`). */
  readonly mayAskCustomer: boolean;
  readonly returnUrl: string | null;
  /** The base URL of the sandbox's authentication page. */
  readonly baseUrl: string;
  readonly faults: Faults;
}

/** Confirms a payment: moves the money, or returns why not. It is synchronous, so that no other request can interleave. */
export function pay(
  transaction: Transaction,
  intent: PaymentIntentRecord,
  method: string,
  terms: PaymentTerms,
): Outcome {
  const behaviour = behaviourOf(method);
  if (behaviour === undefined) throw resourceMissing('PaymentMethod', method, 'payment_method');
  const payer = intent.metadata['order_id'] ?? `${method}/${intent.amount}/${intent.currency}`;
  const mark = `${behaviour.kind}:${payer}`;
  switch (behaviour.kind) {
    case 'declined':
      return decline(transaction, intent, method, {
        type: 'card_error',
        code: 'card_declined',
        decline_code: behaviour.declineCode,
        message: behaviour.message,
        payment_method: method,
      });
    case 'authentication':
      return askCustomer(transaction, intent, method, terms);
    case 'error_once':
      if (!transaction.marked(mark)) {
        transaction.mark(mark);
        return { failure: serverError(true) };
      }
      clearMarkWithoutOrder(transaction, intent, mark);
      return { record: charge(transaction, intent, method) };
    case 'outage':
      if (terms.faults.outage.affects(mark, transaction.marked(mark))) {
        if (!transaction.marked(mark)) transaction.mark(mark);
        return { failure: unavailable() };
      }
      clearMarkWithoutOrder(transaction, intent, mark);
      return { record: charge(transaction, intent, method) };
    case 'response_dropped':
      return { record: charge(transaction, intent, method), dropResponse: true };
    case 'succeeds':
    case 'slow':
      return { record: charge(transaction, intent, method) };
    case 'disputed': {
      const record = charge(transaction, intent, method);
      openDisputeOfMethod(transaction, record);
      return { record };
    }
    case 'refunds_fail': {
      const record = charge(transaction, intent, method);
      if (record.latest_charge !== null) transaction.mark(refundsFailMark(record.latest_charge));
      return { record };
    }
  }
}

/** Returns the mark that a charge has while its refunds fail. */
export function refundsFailMark(charge: string): string {
  return `refunds_fail:${charge}`;
}

/** Charges the payment, or authorizes it with manual capture. */
export function charge(
  transaction: Transaction,
  intent: PaymentIntentRecord,
  method: string,
): PaymentIntentRecord {
  const isManual = intent.capture_method === 'manual';
  const { id } = transaction.put(chargeOf(transaction, intent, method));
  const paid = transaction.put<PaymentIntentRecord>({
    ...intent,
    amount_capturable: isManual ? intent.amount : 0,
    amount_received: isManual ? 0 : intent.amount,
    last_payment_error: null,
    latest_charge: id,
    next_action: null,
    payment_method: method,
    status: isManual ? 'requires_capture' : 'succeeded',
  });
  transaction.emit(isManual ? 'payment_intent.amount_capturable_updated' : 'payment_intent.succeeded', paid);
  return paid;
}

function chargeOf(transaction: Transaction, intent: PaymentIntentRecord, method: string): ChargeRecord {
  const isManual = intent.capture_method === 'manual';
  return {
    object: 'charge',
    id: newId('ch'),
    amount: intent.amount,
    amount_captured: isManual ? 0 : intent.amount,
    amount_refunded: 0,
    ...(isManual && { authorized_until: transaction.authorizedUntil() }),
    captured: !isManual,
    created: transaction.now,
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
  transaction: Transaction,
  intent: PaymentIntentRecord,
  method: string,
  error: PaymentErrorRecord & { type: 'card_error' },
): Outcome {
  const failed = transaction.put<ChargeRecord>({
    ...chargeOf(transaction, intent, method),
    amount_captured: 0,
    captured: false,
    failure_code: error.code,
    failure_message: error.message,
    decline_code: error.decline_code ?? null,
    status: 'failed',
  });
  const unpaid = transaction.put<PaymentIntentRecord>({
    ...intent,
    last_payment_error: { ...error, charge: failed.id },
    latest_charge: failed.id,
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  });
  transaction.emit('payment_intent.payment_failed', unpaid);
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
  transaction: Transaction,
  intent: PaymentIntentRecord,
  method: string,
  terms: PaymentTerms,
): Outcome {
  if (!terms.mayAskCustomer) {
    return decline(transaction, intent, method, {
      type: 'card_error',
      code: 'authentication_required',
      decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
      payment_method: method,
    });
  }
  const unauthenticated = transaction.put<PaymentIntentRecord>({
    ...intent,
    last_payment_error: null,
    next_action: {
      url: `${terms.baseUrl}/sandbox/payment_intents/${intent.id}/authenticate`,
      return_url: terms.returnUrl,
    },
    payment_method: method,
    status: 'requires_action',
  });
  transaction.emit('payment_intent.requires_action', unauthenticated);
  return { record: unauthenticated };
}

/** Without an order id the mark is made of method and amount. It is removed, so that the next such payment has the fault again. */
function clearMarkWithoutOrder(transaction: Transaction, intent: PaymentIntentRecord, mark: string): void {
  if (intent.metadata['order_id'] === undefined && transaction.marked(mark)) transaction.unmark(mark);
}
