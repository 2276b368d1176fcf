import type { FailedStatus, OrderStatus } from '../contracts/order-status.ts';

/**
 * How far an order is. `open`: whether it becomes paid or fails is not decided; `paid`: its money is kept; `failed`: it ended
 * without payment, or was cancelled after it was paid; `refunded`: it was paid, and all of its money has gone back.
 */
type Phase = 'open' | 'paid' | 'failed' | 'refunded';

interface StatusRule {
  readonly phase: Phase;
  /** The statuses that may follow; none: the order ends in this one. */
  readonly next: readonly OrderStatus[];
}

/** The only table of statuses in TypeScript; db/functions/order_statuses.sql holds the same, and PostgreSQL refuses anything else. */
const STATUSES: Readonly<Record<OrderStatus, StatusRule>> = {
  // A workflow may be further than its row in PostgreSQL, as after the restore of a backup. It still ends the order as it has
  // decided: so all failures that can happen later may follow at once.
  placed: {
    phase: 'open',
    next: ['reserved', 'out_of_stock', 'payment_failed', 'rejected', 'expired', 'cancelled'],
  },
  reserved: {
    phase: 'open',
    next: [
      'in_review',
      'awaiting_customer',
      'payment_unknown',
      'paid',
      'payment_failed',
      'rejected',
      'expired',
      'cancelled',
    ],
  },
  in_review: {
    phase: 'open',
    next: [
      'reserved',
      'awaiting_customer',
      'payment_unknown',
      'paid',
      'payment_failed',
      'rejected',
      'expired',
      'cancelled',
    ],
  },
  awaiting_customer: {
    phase: 'open',
    next: ['payment_unknown', 'paid', 'payment_failed', 'rejected', 'expired', 'cancelled'],
  },
  payment_unknown: {
    phase: 'open',
    next: ['awaiting_customer', 'paid', 'payment_failed', 'rejected', 'expired', 'cancelled'],
  },
  paid: { phase: 'paid', next: ['shipped', 'cancelled', 'refunded'] },
  shipped: { phase: 'paid', next: ['delivered', 'refunded'] },
  delivered: { phase: 'paid', next: ['closed', 'refunded'] },
  closed: { phase: 'paid', next: ['refunded'] },
  out_of_stock: { phase: 'failed', next: [] },
  payment_failed: { phase: 'failed', next: [] },
  rejected: { phase: 'failed', next: [] },
  expired: { phase: 'failed', next: [] },
  cancelled: { phase: 'failed', next: [] },
  // A refund that was made in the provider's dashboard has failed.
  refunded: { phase: 'refunded', next: ['paid', 'shipped', 'delivered', 'closed'] },
};

/** The statuses in which PostgreSQL first writes an order: it does so when the outcome of the reservation is known. */
export const FIRST_STATUSES: readonly OrderStatus[] = ['placed', 'reserved', 'out_of_stock', 'rejected'];

export const nextStatuses = (status: OrderStatus): readonly OrderStatus[] => STATUSES[status].next;

export const canBecome = (from: OrderStatus, to: OrderStatus): boolean => nextStatuses(from).includes(to);

/** An end: nothing happens to the order any more, unless a refund fails that somebody else has made. */
export const isEnd = (status: OrderStatus): boolean =>
  isFailed(status) || STATUSES[status].phase === 'refunded';

/** Paid, and the money has not gone back. */
export const isPaid = (status: OrderStatus): boolean => STATUSES[status].phase === 'paid';

/** Ended without payment, or cancelled after it. */
export const isFailed = (status: OrderStatus): status is FailedStatus => STATUSES[status].phase === 'failed';

/** Decided: paid or failed. What a caller with `Prefer: wait` waits for. */
export const isDecided = (status: OrderStatus): boolean => STATUSES[status].phase !== 'open';
