import type { ProviderDispute } from '../temporal/disputes.ts';
import type {
  CaptureOutcome,
  CaptureRequest,
  ChargeOutcome,
  ChargeRequest,
  PaymentReference,
  RefundRequest,
  VoidRequest,
} from '../temporal/checkout.ts';
import type { KnownPayments, ProviderPaymentState } from '../temporal/reconciliation.ts';

/**
 * The payment provider. Every call may be repeated: idempotency keys come from the order and its attempt alone. Every call on a payment
 * throws {@link PaymentMissing} if the provider does not know it. Any other exception means that the outcome is unknown, and must never be
 * treated as a decline.
 */
export interface PaymentProvider {
  /**
   * Charges once per order and attempt. `triedBefore`: this attempt may have reached the provider already.
   *
   * @throws {ChargeRefused} if the provider refuses the request and the customer is not the reason
   */
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  retrieve(reference: PaymentReference): Promise<ChargeOutcome>;
  /**
   * Voids a payment that has moved no money, or the remaining authorisation, so that it never moves any. Returns `succeeded` if the
   * money has moved already. The `ending` is kept with the payment, and is in its later outcomes.
   */
  void(request: VoidRequest): Promise<ChargeOutcome>;
  /** Captures authorised money, once for each `captureId`. */
  capture(request: CaptureRequest): Promise<CaptureOutcome>;
  /**
   * Refunds money and returns how much of this payment is refunded in total, in minor units. With a `refundId`, `amount` is refunded
   * once for that id; without one, the refunds are brought up to a total of `amount`.
   *
   * @throws {RefundRefused} if the provider will never refund it
   * @throws {RefundMadeElsewhere} if somebody else has refunded at least `amount` after `unlessMadeSince`
   */
  refund(request: RefundRequest): Promise<number>;
  /** Lists the disputes of a payment, open and closed. */
  disputes(paymentIntentId: string): Promise<ProviderDispute[]>;
  /** Returns the id of the order that the payment was made for; undefined if another system has made it. */
  orderOf(paymentIntentId: string): Promise<string | undefined>;
  /**
   * Reads the payments of an order with their refunds: those that are known, and those that the provider finds for the order. A payment
   * that the provider does not know is left out.
   */
  readPayments(order: KnownPayments): Promise<ProviderPaymentState[]>;
}

/**
 * The provider does not know this payment: it is of another account or of the other mode, or was deleted with test data. Retrying changes
 * nothing until the configuration is corrected; an operator has to decide.
 */
export class PaymentMissing extends Error {}

/**
 * The provider refuses to charge, whatever the customer does: the account is restricted or not configured for this, or the request is
 * wrong. Nothing was charged. An operator has to correct the reason, or to cancel the order.
 */
export class ChargeRefused extends Error {
  /** The provider's, for example `payment_method_unactivated` or `testmode_charges_only`. */
  readonly code: string;

  constructor(code: string) {
    super(`The payment provider refuses to charge, for a reason that the customer cannot change (${code})`);
    this.name = 'ChargeRefused';
    this.code = code;
  }
}

/**
 * The provider will not make this refund: nothing is left to refund, the payment is disputed, or it is unknown. Retrying changes
 * nothing; an operator has to decide.
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

/**
 * Somebody else has refunded at the provider what may be this refund, which has not been made: its customer could get the money twice. An
 * operator has to decide.
 */
export class RefundMadeElsewhere extends Error {
  /** @param made the amount that the operator reads, with its currency, and the provider's id of the other refund */
  constructor(made: { money: string; providerRefundId: string }) {
    super(
      `${made.money} went back at the payment provider after this refund began (${made.providerRefundId}); skip this one if it was that, or retry it to make it too`,
    );
    this.name = 'RefundMadeElsewhere';
  }
}
