import type { Address } from '../http/order.ts';
import type { MailKind } from '../http/mail.ts';

/** Pieces of one item. */
export interface MailPieces {
  title: string;
  quantity: number;
}

/** A line of an order: `total` is what the customer pays for it, in minor units. */
export interface MailLine extends MailPieces {
  total: number;
}

/** What every mail about an order says. Amounts are in minor units of `currency`. */
export interface OrderMailData {
  orderId: string;
  /** The customer's name. */
  name?: string;
  currency: string;
  total: number;
  lines: MailLine[];
  /** ISO 8601. */
  placedAt: string;
  shipping?: Address;
}

/** The payments of an order, without those that came after it had ended. Minor units. */
export interface PaymentMailData {
  payment: {
    captured: number;
    /** What is authorised and not captured yet. */
    capturable: number;
    refunded: number;
  };
}

export interface RefundMailData {
  /** Minor units. */
  amount: number;
  /** The pieces that the refund is for, where it was asked for by line. */
  lines?: MailLine[];
}

export interface ShipmentMailData {
  lines: MailPieces[];
  carrier?: string;
  trackingCode?: string;
  trackingUrl?: string;
  /** ISO 8601. */
  handedOverAt?: string;
  /** ISO 8601. */
  deliveredAt?: string;
  /** true: it was sent in place of a shipment that was lost. */
  replacement?: boolean;
  /** true: with this shipment nothing of the order is left to be sent. */
  completes: boolean;
}

export interface ReturnMailData {
  /** Counts the returns of the order. */
  number: number;
  lines: MailPieces[];
  carrier?: string;
  trackingCode?: string;
  labelUrl?: string;
  /** What the shop says to the customer about the return. */
  note?: string;
  /** true: new items are sent instead of a refund. */
  exchange: boolean;
}

/** An item at a location whose stock is low or has run out, for the shop. */
export interface StockAlertMailData {
  sku: string;
  title: string;
  /** The name of the location. */
  location: string;
  state: 'low' | 'out';
  available: number;
  lowAt: number;
  /** ISO 8601. */
  raisedAt: string;
}

/** An item that somebody waits for. */
export interface StockSubscriptionMailData {
  title: string;
  /** Where the item can be bought. */
  productUrl?: string;
  unsubscribeUrl: string;
}

/** What each kind of mail needs to know. */
export interface MailData extends Record<MailKind, OrderMailData> {
  created: OrderMailData;
  paid: OrderMailData & PaymentMailData;
  payment_failed: OrderMailData;
  out_of_stock: OrderMailData;
  expired: OrderMailData;
  rejected: OrderMailData;
  cancelled: OrderMailData & PaymentMailData;
  refunded: OrderMailData & { refund: RefundMailData };
  shipped: OrderMailData & { shipment: ShipmentMailData };
  out_for_delivery: OrderMailData & { shipment: ShipmentMailData };
  delivered: OrderMailData & { shipment: ShipmentMailData };
  return_label: OrderMailData & { return: ReturnMailData };
  return_declined: OrderMailData & { return: ReturnMailData };
  return_received: OrderMailData & { return: ReturnMailData };
  low_stock: StockAlertMailData;
  back_in_stock: StockSubscriptionMailData & {
    /** Minor units of `currency`. */
    unitPrice: number;
    currency: string;
  };
  /** Asks the customer to confirm the subscription before anything else is sent to the address. */
  back_in_stock_confirm: StockSubscriptionMailData & { confirmUrl: string };
}

/** Every kind of mail: those about an order ({@link MailKind}) and those about stock. */
export type MailTemplate = keyof MailData;
