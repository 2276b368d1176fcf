import type { Faults } from '../faults.ts';
import type { Transaction } from './transaction.ts';
import { invalid } from './failure.ts';
import type { Form } from './form.ts';
import type { Ledger } from './ledger.ts';
import type { Outcome, PaymentTerms } from './pay.ts';
import type { Params } from './params.ts';

/** What an operation may know beside its parameters. */
export interface OperationContext {
  readonly ledger: Ledger;
  readonly faults: Faults;
  /** Where the sandbox is reached, for links to its own pages. */
  readonly baseUrl: () => string;
  /** Whether the account may capture an authorisation in parts. */
  readonly multicapture: boolean;
}

/** A request whose parameters have passed: what is left cannot fail validation any more. */
export interface Prepared {
  /** Runs at once and synchronously: all changes go into the draft, which is committed as a whole. */
  readonly run: (draft: Transaction) => Outcome;
  /** The payment method about to be charged: decides how long the request takes. */
  readonly paysWith?: string | undefined;
  /** Whether the benchmark's think time applies. */
  readonly simulatesLatency?: boolean;
}

/** One POST endpoint: checks the parameters (throwing what Stripe would not store), and says what to run. */
export type Operation = (form: Form, id: string, around: OperationContext) => Prepared;

/**
 * Whether several captures are asked for; undefined where nothing is said of it. An account that has no such feature is
 * refused, `if_available` or not.
 */
export function multicaptureIn(params: Params, around: OperationContext): boolean | undefined {
  const card = params.object('payment_method_options')?.['card'];
  const asked = typeof card === 'object' ? card['request_multicapture'] : undefined;
  if (asked === undefined) return undefined;
  if (asked === 'if_available' && !around.multicapture) {
    const message =
      'This account is not eligible for the requested card features. See https://stripe.com/docs/payments/flexible-payments for more details.';
    throw invalid('payment_intent_invalid_parameter', message);
  }
  return asked === 'if_available';
}

/** The members of a confirmation that decide whether the customer may be asked. */
export function termsOf(params: Params, around: OperationContext): PaymentTerms {
  const away = params.string('off_session') === undefined ? false : params.string('off_session') !== 'false';
  const refuseAction = params.boolean('error_on_requires_action') ?? false;
  return {
    mayAskCustomer: !away && !refuseAction,
    returnUrl: params.string('return_url') ?? null,
    baseUrl: around.baseUrl(),
    faults: around.faults,
  };
}
