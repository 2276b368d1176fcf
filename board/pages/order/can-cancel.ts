import type { OrderView } from '../../../src/contracts/http/order.ts';

const ENDED = ['cancelled', 'out_of_stock', 'payment_failed', 'rejected', 'expired', 'refunded', 'closed'];
export const isCancellable = (order: OrderView): boolean =>
  !ENDED.includes(order.status) &&
  order.lines.some(({ quantity, cancelled, shipped }) => quantity > cancelled + shipped);
