import type { OrderStatus } from '../../src/contracts/order-status.ts';
import type { Address, OrderView } from '../../src/contracts/http/order.ts';
import { type Basket, ITEM_NAMES, ITEMS, REVIEW_ABOVE, totalOf } from './catalogue.ts';

export interface OrderPlan {
  readonly method: string;
  readonly basket: Basket;
  readonly expectedTotal: 'none' | 'right' | 'wrong';
  /** Absent: nothing is shipped. The model does not know what becomes of an order that is. */
  readonly shipping?: Address;
}

export interface AcceptedRefund {
  readonly refundId: string;
  readonly amount: number;
}

/** One order in the model: what was requested, and what the shop has answered. */
export interface ModelOrder {
  readonly key: string;
  readonly orderId: string;
  readonly plan: OrderPlan;
  /** Minor units. */
  readonly total: number;
  cancelAsked: boolean;
  readonly reviewsAsked: Set<'approve' | 'reject'>;
  readonly authenticationsAsked: Set<'succeeded' | 'failed'>;
  /** The provider may have taken the money after the order had ended. */
  lateSuccessAsked: boolean;
  /** The shop waits only shortly for the customer. */
  mayExpire: boolean;
  /** The decided statuses that the API has shown. */
  readonly statusesShown: Set<OrderStatus>;
  /** By idempotency key. */
  readonly refunds: Map<string, AcceptedRefund>;
  /** An operator has skipped a step: the provider's records differ from the database on purpose. */
  settledByHand: boolean;
}

export function modelOrder(key: string, orderId: string, plan: OrderPlan): ModelOrder {
  return {
    key,
    orderId,
    plan,
    total: totalOf(plan.basket),
    cancelAsked: false,
    reviewsAsked: new Set(),
    authenticationsAsked: new Set(),
    lateSuccessAsked: false,
    mayExpire: false,
    statusesShown: new Set(),
    refunds: new Map(),
    settledByHand: false,
  };
}

const PAYS: ReadonlySet<string> = new Set([
  'pm_card_visa',
  'pm_sandbox_slow',
  'pm_sandbox_timeout_after_charge',
  'pm_sandbox_error_once',
  'pm_sandbox_outage',
  'pm_sandbox_refund_fails',
]);
const AUTHENTICATES = 'pm_card_authenticationRequired';

/** The statuses in which the order may end, by what was requested. `demand`: the pieces that all orders of the run want together. */
export function possibleEnds(order: ModelOrder, demand: Required<Basket>): Set<OrderStatus> {
  const { plan, total } = order;
  const wanted = ITEM_NAMES.filter((name) => (plan.basket[name] ?? 0) > 0);
  if (wanted.some((name) => (plan.basket[name] ?? 0) > ITEMS[name].onHand)) {
    return new Set(order.cancelAsked ? ['out_of_stock', 'cancelled'] : ['out_of_stock']);
  }
  const ends = new Set<OrderStatus>();
  if (wanted.some((name) => demand[name] > ITEMS[name].onHand)) ends.add('out_of_stock');
  if (order.cancelAsked) ends.add('cancelled');
  if (total > REVIEW_ABOVE) {
    if (order.reviewsAsked.has('reject')) ends.add('rejected');
    if (!order.reviewsAsked.has('approve')) return ends;
  }
  const mayBePaid =
    PAYS.has(plan.method) || order.authenticationsAsked.has('succeeded') || order.lateSuccessAsked;
  if (mayBePaid) {
    ends.add('paid');
    if (order.refunds.size > 0) ends.add('refunded');
  }
  const declines =
    plan.method === AUTHENTICATES ? order.authenticationsAsked.has('failed') : !PAYS.has(plan.method);
  if (declines) ends.add('payment_failed');
  if (order.mayExpire) ends.add('expired');
  return ends;
}

/** What is wrong with the end of the order. `kept`: its money that the provider has captured and not refunded, in minor units. */
export function wrongEnd(
  order: ModelOrder,
  view: OrderView,
  demand: Required<Basket>,
  kept: number,
): string[] {
  const { status, payment } = view;
  const found: string[] = [];
  const ends = possibleEnds(order, demand);
  if (!ends.has(status)) found.push(`is ${status}, not ${[...ends].join(' or ')}`);
  for (const shown of order.statusesShown) {
    const mayChange = shown === 'paid' && (status === 'cancelled' || status === 'refunded');
    if (shown !== status && !mayChange) found.push(`is ${status}, and was answered as ${shown}`);
  }
  const priced = status === 'cancelled' && view.lines.length === 0 ? 0 : order.total;
  if (view.total !== priced) found.push(`has a total of ${view.total}, not ${order.total}`);
  if (!order.settledByHand) found.push(...wrongMoney(order, view, kept));
  const recorded = payment.captured - payment.refunded;
  if (!order.settledByHand && recorded !== kept)
    found.push(`keeps ${recorded} in the database, ${kept} at the provider`);
  return found;
}

function wrongMoney({ refunds, total }: ModelOrder, view: OrderView, kept: number): string[] {
  const found: string[] = [];
  const accepted = [...refunds.values()];
  const refunded = accepted.reduce((sum, { amount }) => sum + amount, 0);
  for (const { refundId, amount } of accepted) {
    const shown = view.refunds.find((each) => each.refundId === refundId);
    if (shown?.amount !== amount || shown.status !== 'succeeded')
      found.push(`accepted a refund of ${amount}, and shows ${JSON.stringify(shown)}`);
  }
  const known = new Set(accepted.map(({ refundId }) => refundId)).add(`${view.orderId}/cancellation`);
  for (const { refundId, amount } of view.refunds)
    if (!known.has(refundId)) found.push(`made a refund of ${amount} that it had not accepted`);
  if (refunded > total) found.push(`accepted refunds of ${refunded} for ${total}`);
  const owed = view.status === 'paid' ? total - refunded : 0;
  if (kept !== owed) found.push(`is ${view.status}, and the provider keeps ${kept}, not ${owed}`);
  return found;
}

/** Whether the pieces of this order are sold. */
export const sells = ({ status }: OrderView): boolean => status === 'paid' || status === 'refunded';
