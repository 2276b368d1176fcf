import Stripe from 'stripe';

/** An answer that Stripe has stored under the key: it will be given for ever, whatever is asked again. */
export function isReplayed(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true';
}

/** A fault on Stripe's side that is stored under the key: this key never moves money any more. */
export function isStoredFault(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeAPIError && (error.statusCode ?? 0) >= 500 && isReplayed(error);
}

/** Stripe's code for a request that it will not carry out; `undefined` if the error leaves open what became of it. */
export function refusalCodeOf(error: unknown): string | undefined {
  const refused =
    error instanceof Stripe.errors.StripeCardError ||
    // Two requests that met are no refusal of either.
    (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 409);
  return refused ? (error.code ?? 'invalid_request') : undefined;
}
