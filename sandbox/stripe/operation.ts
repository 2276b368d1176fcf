import type { Faults } from './faults.ts';
import type { Transaction } from './transaction.ts';
import { invalidRequest } from './failure.ts';
import type { Form } from './form.ts';
import type { Ledger } from './ledger.ts';
import type { Outcome, PaymentTerms } from './pay.ts';
import type { Params } from './params.ts';

/** What an operation can use in addition to its parameters. */
export interface OperationContext {
  readonly ledger: Ledger;
  readonly faults: Faults;
  /** Returns the base URL of the sandbox, for links to its own pages. */
  readonly baseUrl: () => string;
  /** Whether the account may use multicapture. */
  readonly multicapture: boolean;
}

/** An operation whose parameters are valid. */
export interface PreparedOperation {
  /** Runs synchronously. All changes are made in the transaction, which is committed atomically. */
  readonly run: (transaction: Transaction) => Outcome;
  /** The payment method that is charged, which decides how long the request takes. */
  readonly paymentMethod?: string | undefined;
  /** Whether the configured `latencyMs` applies to the request. */
  readonly simulatesLatency?: boolean;
}

/**
 * A POST endpoint: checks the parameters and returns what to run.
 *
 * @throws {StripeFailure} a failed validation, which is not stored under the idempotency key
 */
export type Operation = (form: Form, id: string, context: OperationContext) => PreparedOperation;

/**
 * Whether the request asks for multicapture; undefined if it does not say.
 *
 * @throws {StripeFailure} if the account does not have the feature, even for `if_available`
 */
export function multicaptureIn(params: Params, context: OperationContext): boolean | undefined {
  const card = params.object('payment_method_options')?.['card'];
  const requested = typeof card === 'object' ? card['request_multicapture'] : undefined;
  if (requested === undefined) return undefined;
  if (requested === 'if_available' && !context.multicapture) {
    const message =
      'This account is not eligible for the requested card features. See https://stripe.com/docs/payments/flexible-payments for more details.';
    throw invalidRequest('payment_intent_invalid_parameter', message);
  }
  return requested === 'if_available';
}

/** Returns the parameters of a confirmation that decide whether the customer can be asked to authenticate. */
export function termsOf(params: Params, context: OperationContext): PaymentTerms {
  const offSession =
    params.string('off_session') === undefined ? false : params.string('off_session') !== 'false';
  const refuseAction = params.boolean('error_on_requires_action') ?? false;
  return {
    mayAskCustomer: !offSession && !refuseAction,
    returnUrl: params.string('return_url') ?? null,
    baseUrl: context.baseUrl(),
    faults: context.faults,
  };
}
