import type {
  CaptureOutcome,
  CaptureRequest,
  ChargeOutcome,
  ChargeRequest,
  PaymentReference,
  RefundRequest,
} from '../temporal/checkout.ts';

/**
 * Whoever moves the money. Every call may be repeated: keys come from the order and its attempt alone. What is thrown
 * means "not known": it is never to be taken for a decline.
 */
export interface PaymentProvider {
  /** Charges once per order and attempt. `triedBefore`: this attempt may have reached the provider already. */
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  retrieve(reference: PaymentReference): Promise<ChargeOutcome>;
  /**
   * Ends a payment that has not moved money, or what is left of an authorisation, so that it never will; answers
   * `succeeded` if it was too late for that.
   */
  void(reference: PaymentReference): Promise<ChargeOutcome>;
  /** Takes money that was authorised. May be repeated with the same `captureId`: it is taken once. */
  capture(request: CaptureRequest): Promise<CaptureOutcome>;
  /**
   * Gives money back; answers how much has gone back of this payment in all. Minor units. Without a `refundId` until
   * `amount` has gone back in all; with one, `amount` once for that id.
   */
  refund(request: RefundRequest): Promise<number>;
}

/**
 * The provider will not give this money back: nothing is left of it, it is disputed, the payment is unknown. Asking again
 * changes nothing; an operator has to.
 */
export class RefundRefused extends Error {
  /** The provider's, for example `charge_already_refunded` or `amount_too_large`. */
  readonly code: string;

  constructor(code: string) {
    super(`The payment provider refuses the refund (${code})`);
    this.name = 'RefundRefused';
    this.code = code;
  }
}
