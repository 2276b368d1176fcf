import { newId } from './transaction.ts';
import { checkCharge } from './currencies.ts';
import { invalidRequest, resourceMissing } from './failure.ts';
import { multicaptureIn, termsOf } from './operation.ts';
import type { Operation } from './operation.ts';
import { Params } from './params.ts';
import { pay } from './pay.ts';
import { behaviourOf } from './payment-methods.ts';
import { CAPTURE_METHODS } from './records.ts';
import type { PaymentIntentRecord } from './records.ts';

/** The parameters of docs.stripe.com/api/payment_intents/create. Those that the sandbox does not use are accepted and ignored. */
const KNOWN_PARAMS =
  'amount currency allowed_payment_method_types amount_details application_fee_amount ' +
  'automatic_payment_methods capture_method confirm confirmation_method customer customer_account ' +
  'description error_on_requires_action excluded_payment_method_types expand mandate mandate_data ' +
  'metadata off_session on_behalf_of payment_details payment_method payment_method_options ' +
  'payment_method_types radar_options receipt_email return_url setup_future_usage shipping ' +
  'statement_descriptor statement_descriptor_suffix transfer_data transfer_group use_stripe_sdk';

/** `POST /v1/payment_intents` */
export const createIntent: Operation = (form, _id, context) => {
  const params = new Params(form, KNOWN_PARAMS);
  const amount = params.requiredAmount('amount');
  params.required('currency');
  const currency = params.currency('currency') ?? '';
  checkCharge(amount, currency);
  const method = params.string('payment_method') ?? null;
  const confirm = params.boolean('confirm') ?? false;
  if (method !== null && behaviourOf(method) === undefined)
    throw resourceMissing('PaymentMethod', method, 'payment_method');
  if (!confirm) refuseConfirmationOnly(params);
  const types = [...params.list('payment_method_types'), ...params.list('allowed_payment_method_types')];
  const automatic = params.object('automatic_payment_methods')?.['enabled'];
  const fixed = {
    id: '',
    object: 'payment_intent',
    amount,
    currency,
    capture_method: params.oneOf('capture_method', CAPTURE_METHODS) ?? 'automatic_async',
    automatic_payment_methods: automatic === undefined ? types.length === 0 : automatic === 'true',
    customer: params.string('customer') ?? null,
    description: params.string('description') ?? null,
    metadata: params.metadata(),
    payment_method: method,
    payment_method_types: types.length === 0 ? ['card'] : types,
    receipt_email: params.string('receipt_email') ?? null,
    shipping: params.object('shipping') ?? null,
    statement_descriptor: params.string('statement_descriptor') ?? null,
    statement_descriptor_suffix: params.string('statement_descriptor_suffix') ?? null,
    transfer_group: params.string('transfer_group') ?? null,
  } as const;
  const multicapture = multicaptureIn(params, context);
  const terms = termsOf(params, context);
  return {
    simulatesLatency: true,
    paymentMethod: confirm && method !== null ? method : undefined,
    run: (transaction) => {
      const id = newId('pi');
      const intent: PaymentIntentRecord = {
        ...fixed,
        id,
        amount_capturable: 0,
        amount_received: 0,
        canceled_at: null,
        cancellation_reason: null,
        client_secret: newId(`${id}_secret`),
        created: transaction.now,
        last_payment_error: null,
        latest_charge: null,
        next_action: null,
        ...(multicapture === true && { request_multicapture: true }),
        status: method === null ? 'requires_payment_method' : 'requires_confirmation',
      };
      if (!confirm) return { record: transaction.put(intent) };
      if (method === null) {
        const message = 'You cannot confirm this PaymentIntent because it is missing a payment method.';
        throw invalidRequest('parameter_missing', message, 'payment_method');
      }
      return pay(transaction, intent, method, terms);
    },
  };
};

/** Refuses the parameters that Stripe accepts only with `confirm=true`. */
function refuseConfirmationOnly(params: Params): void {
  const name = ['error_on_requires_action', 'off_session', 'return_url', 'mandate'].find((each) =>
    params.has(each),
  );
  if (name === undefined) return;
  throw invalidRequest(
    'parameter_invalid',
    `The parameter \`${name}\` cannot be passed when creating a PaymentIntent unless \`confirm\` is set to true.`,
    name,
  );
}
