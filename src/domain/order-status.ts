import { FAILED_STATUSES, type FailedStatus, type OrderStatus } from '../contracts/order-status.ts';

/** Where an order can go from each status. An end has nowhere to go. */
export const TRANSITIONS: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  placed: ['reserved', 'out_of_stock', 'rejected', 'cancelled'],
  reserved: ['in_review', 'awaiting_customer', 'payment_unknown', 'paid', 'payment_failed', 'cancelled'],
  in_review: [
    'reserved',
    'awaiting_customer',
    'payment_unknown',
    'paid',
    'payment_failed',
    'rejected',
    'expired',
    'cancelled',
  ],
  awaiting_customer: ['payment_unknown', 'paid', 'payment_failed', 'expired', 'cancelled'],
  payment_unknown: ['awaiting_customer', 'paid', 'payment_failed', 'expired', 'cancelled'],
  paid: ['shipped', 'cancelled', 'refunded'],
  shipped: ['delivered', 'refunded'],
  delivered: ['closed', 'refunded'],
  closed: ['refunded'],
  out_of_stock: [],
  payment_failed: [],
  rejected: [],
  expired: [],
  cancelled: [],
  refunded: [],
};

export const canBecome = (from: OrderStatus, to: OrderStatus): boolean => TRANSITIONS[from].includes(to);

/** An end: nothing happens to the order any more. */
export const isEnd = (status: OrderStatus): boolean => TRANSITIONS[status].length === 0;

const failed: readonly OrderStatus[] = FAILED_STATUSES;

/** Ended without payment. */
export const isFailed = (status: OrderStatus): status is FailedStatus => failed.includes(status);

/** Decided: paid or failed. What a caller with `Prefer: wait` waits for. */
export const isDecided = (status: OrderStatus): boolean =>
  isEnd(status) || status === 'paid' || status === 'shipped' || status === 'delivered' || status === 'closed';
