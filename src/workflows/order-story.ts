import type {
  CheckoutOrder,
  CheckoutPolicy,
  OrderAnswer,
  PaymentRecord,
  StockRelease,
} from '../contracts/checkout.ts';
import type { CheckoutResult } from '../contracts/temporal.ts';
import { isDecided, isFailed } from '../domain/order-status.ts';
import type { Inbox } from './inbox.ts';
import { PaymentStory, type SettledPayment } from './payment.ts';
import { Saga } from './saga.ts';
import {
  confirmOrder,
  only,
  refundPayment,
  releaseStock,
  reserveStock,
  untilDone,
  voidPayment,
} from './steps.ts';
import type { Storyboard } from './storyboard.ts';

/** How an order fails: where it ends, why, and what has become of its payment so far. */
type Ending = Pick<StockRelease, 'status' | 'reason'> & { payment?: PaymentRecord };

const NOTHING_TO_PAY: SettledPayment = { status: 'succeeded', payment: { attempt: 1, status: 'none' } };

/**
 * The story of one order: reserve stock, charge the payment, confirm; and if that is not to be, undo it all in reverse.
 * Mails go out beside it. It ends when the order is paid or has failed; only then may its run be left.
 */
export async function orderStory(
  order: CheckoutOrder,
  policy: CheckoutPolicy,
  inbox: Inbox,
  board: Storyboard,
): Promise<CheckoutResult> {
  const saga = new Saga<Ending>();

  saga.add((ending) => release(order, ending, board));
  const reserved = await reserve(order, board);
  if (isDecided(reserved.status)) return endedAtOnce(reserved, board);
  const cancelled = inbox.cancelReason();
  if (cancelled !== undefined) return fail({ status: 'cancelled', reason: cancelled });

  saga.add((ending) => undoPayment(order, ending, board));
  const settled: SettledPayment =
    reserved.total === 0
      ? NOTHING_TO_PAY
      : await new PaymentStory(order, policy, inbox, board).settle(reserved);
  if (settled.status === 'failed') {
    return fail({ status: settled.end, reason: settled.reason, payment: settled.payment });
  }
  const cancelledLate = inbox.cancelReason();
  if (cancelledLate !== undefined) {
    return fail({ status: 'cancelled', reason: cancelledLate, payment: settled.payment });
  }

  const confirmed = await confirm(order, settled.payment, board);
  if (confirmed.status !== 'paid') {
    return fail({ status: 'cancelled', reason: 'reservation_lost', payment: settled.payment });
  }
  board.paid();
  return { orderId: order.orderId, status: 'paid' };

  async function fail(ending: Ending): Promise<CheckoutResult> {
    const { status, reason } = await saga.undoAll(ending);
    board.failed(status);
    return { orderId: order.orderId, status, reason };
  }
}

const reserve = async (order: CheckoutOrder, board: Storyboard): Promise<OrderAnswer> =>
  only(await untilDone('reserveStock', () => reserveStock([order]), board.onAttention));

const confirm = async (
  order: CheckoutOrder,
  payment: PaymentRecord,
  board: Storyboard,
): Promise<OrderAnswer> =>
  only(
    await untilDone(
      'confirmOrder',
      () => confirmOrder([{ orderId: order.orderId, payment }]),
      board.onAttention,
    ),
  );

/**
 * Nothing was reserved: out of stock, refused by the catalogue, or carried to its end before, by this run (whose worker
 * died before it could say so) or by one that was reset. The customer is told what they were not told yet.
 */
function endedAtOnce({ orderId, status, reason }: OrderAnswer, board: Storyboard): CheckoutResult {
  if (status === 'paid') board.paid();
  else if (isFailed(status)) board.failed(status);
  else board.alreadyEnded(status);
  return reason === undefined ? { orderId, status } : { orderId, status, reason };
}

/** Undo of `reserveStock`, and the end of the order: stock back, status, event. */
async function release(order: CheckoutOrder, ending: Ending, board: Storyboard): Promise<Ending> {
  const stockRelease: StockRelease = { orderId: order.orderId, order, ...ending };
  await untilDone('releaseStock', () => releaseStock([stockRelease]), board.onAttention);
  return ending;
}

/** Undo of `chargePayment`: money that moved goes back, a payment that could still succeed is ended. */
async function undoPayment(order: CheckoutOrder, ending: Ending, board: Storyboard): Promise<Ending> {
  const { payment } = ending;
  const { orderId } = order;
  if (payment?.paymentIntentId === undefined) return ending;
  const reference = { orderId, paymentIntentId: payment.paymentIntentId };

  if (payment.status === 'declined') {
    const voided = only(await untilDone('voidPayment', () => voidPayment([reference]), board.onAttention));
    if (voided.status !== 'succeeded') return ending;
    return {
      ...ending,
      payment: await refund({ ...payment, status: 'succeeded', captured: voided.captured }),
    };
  }
  if (payment.status === 'succeeded') return { ...ending, payment: await refund(payment) };
  return ending;

  async function refund(charged: PaymentRecord): Promise<PaymentRecord> {
    const request = { ...reference, amount: charged.captured ?? 0 };
    const { refunded } = only(
      await untilDone('refundPayment', () => refundPayment([request]), board.onAttention),
    );
    return { ...charged, status: 'refunded', refunded };
  }
}
