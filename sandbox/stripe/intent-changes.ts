import { checkCharge } from './currencies.ts';
import { forbiddenByState, invalidRequest, resourceMissing } from './failure.ts';
import type { StripeFailure } from './failure.ts';
import { multicaptureIn, termsOf } from './operation.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import { pay } from './pay.ts';
import { behaviourOf } from './payment-methods.ts';
import { CANCELLATION_REASONS, CAPTURE_METHODS } from './records.ts';
import type { IntentStatus, PaymentIntentRecord } from './records.ts';
import { renderIntent } from './render.ts';

const BEFORE_CONFIRMATION: readonly IntentStatus[] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
];

const CONFIRM_PARAMS =
  'allowed_payment_method_types amount_details amount_to_confirm capture_method ' +
  'error_on_requires_action excluded_payment_method_types expand mandate mandate_data off_session ' +
  'payment_details payment_method payment_method_options payment_method_types radar_options ' +
  'receipt_email return_url setup_future_usage shipping use_stripe_sdk';

/** `POST /v1/payment_intents/{id}/confirm` */
export const confirmIntent: Operation = (form, id, context) => {
  const params = new Params(form, CONFIRM_PARAMS);
  const method = knownMethod(params);
  const captureMethod = params.oneOf('capture_method', CAPTURE_METHODS);
  const multicapture = multicaptureIn(params, context);
  const terms = termsOf(params, context);
  return {
    simulatesLatency: true,
    paymentMethod: method ?? context.ledger.intents.get(id)?.payment_method ?? undefined,
    run: (transaction) => {
      const intent = transaction.intent(id);
      if (!BEFORE_CONFIRMATION.includes(intent.status)) throw unexpectedState(intent, 'confirm');
      const chosen = method ?? intent.payment_method;
      if (chosen === null) {
        throw forbiddenByState(
          'payment_intent_unexpected_state',
          "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
          { payment_intent: renderIntent(intent) },
        );
      }
      const confirmed = {
        ...intent,
        payment_method: chosen,
        capture_method: captureMethod ?? intent.capture_method,
        ...(multicapture === true && { request_multicapture: true as const }),
      };
      return pay(transaction, confirmed, chosen, terms);
    },
  };
};

const UPDATE_PARAMS =
  'amount amount_details application_fee_amount capture_method currency customer description ' +
  'excluded_payment_method_types expand metadata payment_details payment_method ' +
  'allowed_payment_method_types payment_method_options payment_method_types receipt_email ' +
  'setup_future_usage shipping statement_descriptor statement_descriptor_suffix transfer_data ' +
  'transfer_group';
/** The parameters that can be changed after the confirmation. */
const ALWAYS_CHANGEABLE = [
  'metadata',
  'description',
  'receipt_email',
  'shipping',
  'expand',
  'transfer_group',
];

/** `POST /v1/payment_intents/{id}`: some parameters can be changed at any time, the others before the confirmation. */
export const updateIntent: Operation = (form, id) => {
  const params = new Params(form, UPDATE_PARAMS);
  const amount = params.amount('amount');
  const currency = params.currency('currency');
  const method = knownMethod(params);
  const captureMethod = params.oneOf('capture_method', CAPTURE_METHODS);
  params.metadata();
  return {
    run: (transaction) => {
      const intent = transaction.intent(id);
      const fixed = Object.keys(form).find((name) => !ALWAYS_CHANGEABLE.includes(name));
      if (fixed !== undefined && !BEFORE_CONFIRMATION.includes(intent.status))
        throw unexpectedState(intent, 'update');
      if (amount !== undefined || currency !== undefined)
        checkCharge(amount ?? intent.amount, currency ?? intent.currency);
      const methodChanges = method !== undefined && BEFORE_CONFIRMATION.includes(intent.status);
      return {
        record: transaction.put<PaymentIntentRecord>({
          ...intent,
          amount: amount ?? intent.amount,
          currency: currency ?? intent.currency,
          capture_method: captureMethod ?? intent.capture_method,
          description: updatedValue(params.string('description'), intent.description),
          receipt_email: updatedValue(params.string('receipt_email'), intent.receipt_email),
          customer: updatedValue(params.string('customer'), intent.customer),
          shipping: params.object('shipping') ?? intent.shipping,
          metadata: params.has('metadata') ? params.metadata(intent.metadata) : intent.metadata,
          ...(methodChanges && {
            payment_method: method,
            status: 'requires_confirmation',
            next_action: null,
          }),
        }),
      };
    },
  };
};

/**
 * `POST /v1/payment_intents/{id}/cancel`: releases the authorized amount; a captured amount can only be refunded. Stripe does not
 * document what this does after a partial capture, and documents a capture of 0 for that case. The sandbox therefore refuses it, so
 * that no shop relies on it.
 */
export const cancelIntent: Operation = (form, id) => {
  const params = new Params(form, ['cancellation_reason', 'expand']);
  const reason = params.oneOf('cancellation_reason', CANCELLATION_REASONS) ?? null;
  return {
    run: (transaction) => {
      const intent = transaction.intent(id);
      if (intent.status === 'succeeded' || intent.status === 'canceled' || intent.amount_received > 0)
        throw unexpectedState(intent, 'cancel');
      const canceled = transaction.put<PaymentIntentRecord>({
        ...intent,
        amount_capturable: 0,
        canceled_at: transaction.now,
        cancellation_reason: reason,
        next_action: null,
        status: 'canceled',
      });
      transaction.emit('payment_intent.canceled', canceled);
      return { record: canceled };
    },
  };
};

export function unexpectedState(intent: PaymentIntentRecord, verb: string): StripeFailure {
  const message = `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`;
  return forbiddenByState('payment_intent_unexpected_state', message, {
    payment_intent: renderIntent(intent),
  });
}

function knownMethod(params: Params): string | undefined {
  const method = params.string('payment_method');
  if (method === '')
    throw invalidRequest('parameter_invalid_empty', 'payment_method cannot be unset.', 'payment_method');
  if (method !== undefined && behaviourOf(method) === undefined) {
    throw resourceMissing('PaymentMethod', method, 'payment_method');
  }
  return method;
}

/** An absent parameter keeps the current value, an empty one clears it. */
function updatedValue(given: string | undefined, current: string | null): string | null {
  if (given === undefined) return current;
  return given === '' ? null : given;
}
