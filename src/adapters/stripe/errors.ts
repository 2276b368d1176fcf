import Stripe from 'stripe';
import { PaymentMissing } from '../../contracts/ports/payment-provider.ts';
import { UnchargeableAmount } from './amounts.ts';

/**
 * Whether Stripe replayed the response that it has stored under the idempotency key. Every further request with the key gets it too.
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export function isReplayed(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true';
}

/**
 * Whether a request with other parameters, such as another amount, has used up the idempotency key. A key in use at this moment is a 409.
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export const isUsedForOther = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeIdempotencyError && error.statusCode === 400;

/** Whether a server error is stored under the idempotency key: a request with this key can never move money again. */
export function isStoredFault(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeAPIError && (error.statusCode ?? 0) >= 500 && isReplayed(error);
}

/** Returns the code if Stripe refused the request or could not be sent its amount; `undefined` if the error leaves the outcome open. */
export function refusalCodeOf(error: unknown): string | undefined {
  if (error instanceof UnchargeableAmount) return error.code;
  const refused =
    error instanceof Stripe.errors.StripeCardError ||
    // 409: another request with the same key is in progress, which refuses neither of them.
    (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 409);
  return refused ? (error.code ?? 'invalid_request') : undefined;
}

/** Whether there is no such object in the account and mode of the API key (docs.stripe.com/error-codes#resource-missing). */
export const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

/** @throws {PaymentMissing} in place of the error of Stripe, if it does not know the payment */
export async function ofKnownPayment<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw isMissing(error)
      ? new PaymentMissing('The payment provider does not know the payment', { cause: error })
      : error;
  }
}
