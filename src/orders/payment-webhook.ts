import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { OrderReader, StoredOrder } from '../adapters/postgres/order-reader.ts';
import { Problem } from '../contracts/errors.ts';
import { checkoutWorkflowId, PAYMENT_EVENT_SIGNAL, type PaymentEventInput } from '../contracts/temporal.ts';
import { isDecided } from '../domain/order-status.ts';
import { isOrderId } from './order-id.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** A verified event of the provider about one payment. */
export interface PaymentNews {
  /** The provider's type of the event, for example `payment_intent.succeeded`. */
  type: string;
  orderId: string;
  paymentIntentId: string;
  /** The event says that the customer's money was taken. */
  moneyMoved: boolean;
}

/** `signalled`: the workflow looks into it; `known`: PostgreSQL has it already; `foreign`: no order of ours. */
export type PaymentNewsOutcome = 'signalled' | 'known' | 'foreign';

export interface PaymentNewsParts {
  client: Client;
  reader: OrderReader;
  waitingRoom: WaitingRoom;
  logger: Logger;
}

/**
 * While an order is being charged, the charge's own answer is as fast as the provider's event: to wait this long for it
 * saves nearly every order a signal and a workflow task. Milliseconds.
 */
const CHARGE_ANSWER_MS = 1_000;

/**
 * Hands a provider's event on. It is only a hint: the workflow asks the provider what is true, so doubled, late and
 * disordered events do no harm. Returns when the event is done with; whatever it throws, the provider must send it again.
 *
 * @throws {Problem} `internal` for money that belongs to no story any more, which an operator has to look into
 */
export async function applyPaymentNews(
  parts: PaymentNewsParts,
  news: PaymentNews,
): Promise<PaymentNewsOutcome> {
  const { client, reader, logger } = parts;
  if (!isOrderId(news.orderId)) return foreign(logger, news);

  const stored = await settledOrLater(parts, news.orderId);
  if (stored && isDecided(stored.view.status)) return alreadyDecided(logger, news, stored);
  try {
    const signal: PaymentEventInput = { paymentIntentId: news.paymentIntentId };
    await client.workflow.getHandle(checkoutWorkflowId(news.orderId)).signal(PAYMENT_EVENT_SIGNAL, signal);
    return 'signalled';
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  const latest = await reader.find(news.orderId);
  return latest ? alreadyDecided(logger, news, latest) : foreign(logger, news);
}

async function settledOrLater(
  { reader, waitingRoom }: PaymentNewsParts,
  orderId: string,
): Promise<StoredOrder | undefined> {
  const visit = waitingRoom.enter(orderId);
  try {
    const stored = await reader.find(orderId);
    if (stored?.view.status !== 'reserved') return stored;
    return (await visit.untilAtRest(Date.now() + CHARGE_ANSWER_MS)) ?? stored;
  } finally {
    visit.leave();
  }
}

function alreadyDecided(logger: Logger, news: PaymentNews, { view }: StoredOrder): PaymentNewsOutcome {
  const { payment } = view;
  const accountedFor =
    payment.paymentIntentId === news.paymentIntentId &&
    (payment.status === 'succeeded' || payment.status === 'refunded');
  if (!news.moneyMoved || accountedFor) return 'known';
  logger.error(
    { orderId: news.orderId, status: view.status, paymentIntentId: news.paymentIntentId, event: news.type },
    'money was taken for an order that has ended without it',
  );
  throw new Problem('internal', 'The payment belongs to an order that has ended without it.');
}

function foreign(logger: Logger, { type, paymentIntentId }: PaymentNews): PaymentNewsOutcome {
  logger.info({ event: type, paymentIntentId }, 'ignored a payment event that belongs to no order of ours');
  return 'foreign';
}
