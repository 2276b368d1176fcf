import type { OrderLine } from '../contracts/http/order.ts';

/** A line as the column `orders.lines` has it. The amounts are missing in orders of 0.2, which have no discounts and taxes. */
export type StoredLine = Pick<OrderLine, 'sku' | 'title' | 'quantity' | 'unitPrice' | 'total'> &
  Partial<Pick<OrderLine, 'gross' | 'discount' | 'tax' | 'net'>>;

/** What has happened to a line since its order was paid. */
export type LineProgress = Pick<
  OrderLine,
  'cancelled' | 'shipped' | 'delivered' | 'returned' | 'refunded' | 'refundedAmount'
>;

const NOTHING_HAPPENED: LineProgress = {
  cancelled: 0,
  shipped: 0,
  delivered: 0,
  returned: 0,
  refunded: 0,
  refundedAmount: 0,
};

/** The view of line number `line` of an order, from 1. */
export function orderLine(
  {
    sku,
    title,
    quantity,
    unitPrice,
    total,
    gross = total,
    discount = 0,
    tax = 0,
    net = total - tax,
  }: StoredLine,
  line: number,
  progress: LineProgress = NOTHING_HAPPENED,
): OrderLine {
  return { line, sku, title, quantity, unitPrice, gross, discount, tax, net, total, ...progress };
}
