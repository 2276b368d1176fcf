import type { StatsView } from '../../contracts/http/stats.ts';

const UNDECIDED = ['placed', 'reserved', 'in_review', 'awaiting_customer', 'payment_unknown'];

/** What became of the orders of the window that have an outcome, as shares of them. Undefined: none has one. */
export function outcomesOf({ orders: { byStatus } }: StatsView) {
  const decided = Object.entries(byStatus)
    .filter(([status]) => !UNDECIDED.includes(status))
    .reduce((sum, [, count]) => sum + count, 0);
  if (decided === 0) return undefined;
  const share = (...statuses: string[]) =>
    statuses.reduce((sum, status) => sum + (byStatus[status] ?? 0), 0) / decided;
  return {
    decided,
    paid: share('paid', 'shipped', 'delivered', 'closed', 'refunded'),
    declined: share('payment_failed'),
    outOfStock: share('out_of_stock'),
  };
}
