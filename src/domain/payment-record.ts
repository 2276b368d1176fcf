import type { PaymentRecord } from '../contracts/temporal/checkout.ts';

/** Picks the fields of a payment that PostgreSQL stores. */
export function paymentRecord(
  attempt: number,
  status: PaymentRecord['status'],
  known: Omit<PaymentRecord, 'attempt' | 'status'>,
): PaymentRecord {
  const { paymentIntentId, captured, capturable, captureBefore, declineCode, clientSecret, nextActionUrl } =
    known;
  return {
    attempt,
    status,
    ...(paymentIntentId !== undefined && { paymentIntentId }),
    ...(captured !== undefined && { captured }),
    ...(capturable !== undefined && { capturable }),
    ...(captureBefore !== undefined && { captureBefore }),
    ...(declineCode !== undefined && { declineCode }),
    ...(clientSecret !== undefined && { clientSecret }),
    ...(nextActionUrl !== undefined && { nextActionUrl }),
  };
}
