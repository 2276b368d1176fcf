import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { ShipmentStatus } from '../../src/contracts/shipping-states.ts';
import type { OrderView, PaymentView } from '../../src/contracts/http/order.ts';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import type { StockItem } from '../../src/contracts/http/stock.ts';
import type { StockTrouble } from '../../src/contracts/stock-troubles.ts';

/** A colour says whose turn it is: nobody's, the machine's, a customer's or reviewer's, unsure or late, well, a broken promise, yours. */
export type Colour = 'grey' | 'blue' | 'violet' | 'amber' | 'green' | 'red' | 'act' | 'flag';

/** How a state looks. The text comes from the catalogue of the language. */
export interface Look {
  colour: Colour;
  icon: string;
}

export const STATUS_LOOK: Readonly<Record<OrderStatus, Look>> = {
  placed: { colour: 'grey', icon: 'circledash' },
  reserved: { colour: 'blue', icon: 'reserved' },
  in_review: { colour: 'violet', icon: 'eye' },
  awaiting_customer: { colour: 'violet', icon: 'user' },
  payment_unknown: { colour: 'amber', icon: 'help' },
  paid: { colour: 'green', icon: 'check' },
  shipped: { colour: 'blue', icon: 'truck' },
  delivered: { colour: 'green', icon: 'home' },
  closed: { colour: 'grey', icon: 'archive' },
  out_of_stock: { colour: 'grey', icon: 'boxx' },
  payment_failed: { colour: 'grey', icon: 'cardx' },
  rejected: { colour: 'grey', icon: 'ban' },
  expired: { colour: 'grey', icon: 'hourglass' },
  cancelled: { colour: 'grey', icon: 'x' },
  refunded: { colour: 'grey', icon: 'undo' },
};

export const SHIPMENT_LOOK: Readonly<Record<ShipmentStatus, Look>> = {
  pending: { colour: 'grey', icon: 'box' },
  allocated: { colour: 'grey', icon: 'box' },
  label_bought: { colour: 'blue', icon: 'tag' },
  handed_over: { colour: 'blue', icon: 'truck' },
  in_transit: { colour: 'blue', icon: 'truck' },
  out_for_delivery: { colour: 'blue', icon: 'truck' },
  delivered: { colour: 'green', icon: 'home' },
  on_hold: { colour: 'violet', icon: 'pause' },
  cancelled: { colour: 'grey', icon: 'x' },
  returning: { colour: 'amber', icon: 'undo' },
  lost: { colour: 'red', icon: 'alert' },
};

/** A dispute that must be answered within this time is red. Milliseconds. */
const DISPUTE_URGENT_MS = 72 * 3_600_000;
/** The end of an authorisation that is this near is amber. Milliseconds. */
const AUTHORIZATION_SOON_MS = 48 * 3_600_000;

export type PaymentLook = Look & {
  text: `payment.${PaymentView['status']}` | 'payment.partly';
};

/** How the payment of an order looks. In part captured counts as captured, in blue. */
export function paymentLook(order: Pick<OrderView, 'payment'>, now: number): PaymentLook {
  const { status, captured, capturable, captureBefore } = order.payment;
  if (captured > 0 && capturable > 0) return { colour: 'blue', icon: 'check', text: 'payment.partly' };
  const text = `payment.${status}` as const;
  switch (status) {
    case 'requires_action':
      return { colour: 'violet', icon: 'user', text };
    case 'unknown':
      return { colour: 'amber', icon: 'help', text };
    case 'authorized': {
      const soon = captureBefore !== undefined && Date.parse(captureBefore) - now < AUTHORIZATION_SOON_MS;
      return { colour: soon ? 'amber' : 'blue', icon: 'reserved', text };
    }
    case 'succeeded':
      return { colour: 'green', icon: 'check', text };
    case 'declined':
      return { colour: 'grey', icon: 'cardx', text };
    case 'refunded':
      return { colour: 'grey', icon: 'undo', text };
    case 'none':
    case 'cancelled':
      return { colour: 'grey', icon: 'x', text };
  }
}

/** The dispute of an order that matters most: one that waits for evidence, then any open one, then the newest. */
export const mainDispute = (disputes: readonly DisputeView[]): DisputeView | undefined =>
  disputes.find(needsEvidence) ?? disputes.find(({ outcome }) => outcome === undefined) ?? disputes.at(-1);

export const needsEvidence = ({ status }: Pick<DisputeView, 'status'>): boolean =>
  status.endsWith('needs_response');

/** Amber while a dispute is open, red when its evidence is due within 72 hours, grey when it is closed. */
export function disputeColour({ outcome, evidenceDueAt, status }: DisputeView, now: number): Colour {
  if (outcome !== undefined) return 'grey';
  const due = evidenceDueAt !== undefined && needsEvidence({ status });
  return due && Date.parse(evidenceDueAt) - now < DISPUTE_URGENT_MS ? 'red' : 'amber';
}

export const STOCK_TROUBLES = ['oversold', 'out', 'low'] as const satisfies readonly StockTrouble[];
export type StockState = StockTrouble | 'in';

/** The worst that is true of an item: it is oversold, out of stock, low at a location, or well. */
export function stockState(item: StockItem): StockState {
  if (item.oversold > 0) return 'oversold';
  if (item.available === 0) return 'out';
  const isLow = item.locations.some(({ available, lowAt }) => lowAt !== undefined && available <= lowAt);
  return isLow ? 'low' : 'in';
}

export const STOCK_LOOK: Readonly<Record<StockState, Look>> = {
  oversold: { colour: 'red', icon: 'alert' },
  out: { colour: 'grey', icon: 'boxx' },
  low: { colour: 'amber', icon: 'down' },
  in: { colour: 'green', icon: 'check' },
};

/** Trouble first, then what is paused, then by title. */
export const byTrouble =
  (paused: ReadonlySet<string>) =>
  (a: StockItem, b: StockItem): number =>
    TROUBLE.indexOf(stockState(a)) - TROUBLE.indexOf(stockState(b)) ||
    Number(paused.has(b.sku)) - Number(paused.has(a.sku)) ||
    a.title.localeCompare(b.title);
const TROUBLE: readonly StockState[] = [...STOCK_TROUBLES, 'in'];
