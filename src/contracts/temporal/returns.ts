import type { GivenBy } from '../actor.ts';
import type { ProblemCode } from '../errors.ts';
import type { MailKind } from '../http/mail.ts';
import type { Customer, Locale, Address } from '../http/order.ts';
import type { Disposition, ReturnAction, ReturnStatus } from '../http/returns.ts';
import type { LineQuantity } from '../http/shipments.ts';
import type { CarriedStep, LinesLeft } from './operations.ts';

export interface ReturnInput {
  returnId: string;
  orderId: string;
}

/** The input of the workflow. */
export interface ReturnRun extends ReturnInput {
  /** What the run before, which has continued as this one, had parked. */
  parked?: CarriedStep[];
}

export interface ReturnResult {
  returnId: string;
  status: ReturnStatus;
}

/** Refused before anything was changed. */
export interface ReturnRefusal {
  outcome: 'refused';
  code: Extract<
    ProblemCode,
    | 'order_not_found'
    | 'return_not_found'
    | 'not_returnable'
    | 'return_state_conflict'
    | 'quantity_exceeds_line'
    | 'location_not_found'
    | 'idempotency_key_reused'
  >;
  status?: ReturnStatus;
  lines?: LinesLeft;
}

interface ChangedReturn {
  orderId: string;
  number: number;
  status: ReturnStatus;
  /** Of the newest event of the order, which is the same if nothing was changed. */
  sequence?: number;
}

export interface ReturnRequestCommand extends GivenBy {
  returnId: string;
  orderId: string;
  lines: LineQuantity[];
  reason?: string;
  exchange?: { sku: string; quantity: number }[];
  /** How long after its delivery a piece may be returned; milliseconds. */
  windowMs: number;
  requestHash: string;
}

/** `requestHash` is of the first request with this id. */
export type ReturnRequestResult = { returnId: string; orderId: string; requestHash: string } & (
  { outcome: 'booked'; number: number; status: ReturnStatus } | ReturnRefusal
);

export interface ReturnDecision extends GivenBy {
  returnId: string;
  action: ReturnAction;
  note?: string;
  /** A label is bought when the return is opened. */
  label?: boolean;
}

export type ReturnDecisionResult = { returnId: string } & (
  (ChangedReturn & { outcome: 'done' }) | ReturnRefusal
);

export interface ReturnReceipt extends GivenBy {
  returnId: string;
  receiptId: string;
  /** The id of the refund of the pieces that are not missing. */
  refundId: string;
  lines: (LineQuantity & { disposition: Disposition })[];
  location?: string;
}

export type ReturnReceiptResult = { returnId: string } & (
  (ChangedReturn & { outcome: 'booked' }) | ReturnRefusal
);

/** What the workflow of a return has to do next, as PostgreSQL has it. */
export interface ReturnWork {
  returnId: string;
  orderId: string;
  number: number;
  status: ReturnStatus;
  label: 'none' | 'wanted' | 'bought' | 'skipped';
  exchange: 'none' | 'wanted' | 'placed' | 'skipped';
  /** Something has arrived. */
  received: boolean;
  /** Nothing is expected any more. */
  complete: boolean;
  /** Mails that an operator has decided not to send. Absent: none. */
  skippedMails?: MailKind[];
  /** One refund for each receipt. */
  refunds: { refundId: string; lines: LineQuantity[]; status: 'none' | 'pending' | 'settled' }[];
}

export interface ReturnLabel {
  returnId: string;
  carrierShipmentId?: string;
  /** `refused`: the carrier does not sell the label of this carrier shipment. */
  label?: 'bought' | 'skipped' | 'refused';
  carrier?: string;
  trackingCode?: string;
  labelUrl?: string;
}

export interface RecordedReturnLabel {
  returnId: string;
  carrierShipmentId: string | null;
  label: ReturnWork['label'];
}

export interface ReturnExchange {
  returnId: string;
  exchangeState: 'placed' | 'skipped';
  exchangeOrderId?: string;
}

/** What the label and the exchange order of a return need. It holds personal data, and does not pass through Temporal. */
export interface ReturnDetails {
  returnId: string;
  orderId: string;
  clientId: string;
  carrierShipmentId?: string;
  customer: Customer;
  shipping?: Address;
  locale?: Locale;
  currency: string;
  paymentMethod: string;
  exchange?: { sku: string; quantity: number }[];
  /** Where the goods come back to. */
  location: { locationId: string; name: string; address?: Address & { phone?: string } };
  lines: { sku: string; quantity: number }[];
  weightGrams: number;
}

/** Steps of returns in our own PostgreSQL, like those in `ledger-steps.ts`: they run as local activities. */
export interface ReturnStepActivities {
  /** Returns what has to be done next. Changes nothing. */
  readReturnWork(returns: ReturnInput[]): Promise<ReturnWork[]>;
  closeReturn(returns: ReturnInput[]): Promise<void>;
  /** Records that an operator has decided to send no label. */
  skipReturnLabel(returns: ReturnInput[]): Promise<void>;
  /** Records that an operator has decided to place no order. */
  skipExchange(returns: ReturnInput[]): Promise<void>;
}

/** Steps of returns that call the carrier and the checkout. Each may run twice, and records what it has done. */
export interface ReturnActivities {
  /** Buys the label of each return, once. */
  buyReturnLabel(returns: ReturnInput[]): Promise<void>;
  /** Places the order of each exchange, once. */
  placeExchangeOrder(returns: ReturnInput[]): Promise<void>;
}
