import type { ChargeOutcome, ChargeRequest, PaymentReference, RefundRequest } from './checkout.ts';

/**
 * Whoever moves the money. Every call may be repeated: keys come from the order and its attempt alone. What is thrown
 * means "not known": it is never to be taken for a decline.
 */
export interface PaymentProvider {
  /** Charges once per order and attempt. `triedBefore`: this attempt may have reached the provider already. */
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  retrieve(reference: PaymentReference): Promise<ChargeOutcome>;
  /** Ends a payment that has not moved money, so that it never will; answers `succeeded` if it was too late for that. */
  void(reference: PaymentReference): Promise<ChargeOutcome>;
  /** Gives back `amount` in all; answers how much has gone back in all. Minor units. */
  refund(request: RefundRequest): Promise<number>;
}
