import { WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { OrderReader, StoredOrder } from '../adapters/postgres/order-reader.ts';
import type { PaymentReference } from '../contracts/temporal/checkout.ts';
import { Problem } from '../contracts/errors.ts';
import {
  PAYMENT_EVENT_SIGNAL,
  type GroupPaymentEventInput,
  type PaymentEventInput,
} from '../contracts/temporal/messages.ts';
import {
  LATE_PAYMENT_WORKFLOW,
  checkoutWorkflowId,
  latePaymentWorkflowId,
} from '../contracts/temporal/names.ts';
import type { LatePaymentInput } from '../contracts/temporal/workflows.ts';
import { isDecided } from '../domain/order-status.ts';
import { groupOf, type GroupExitParts } from './detach-from-group.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { isOrderId } from './order-id.ts';
import type { OutcomeWaiter } from './waiting/outcome-waiter.ts';

/** A verified event of the provider about one payment. */
export interface PaymentEvent {
  /** The provider's type of the event, for example `payment_intent.succeeded`. */
  type: string;
  orderId: string;
  paymentIntentId: string;
  /** The event says that the customer's money was taken. */
  moneyMoved: boolean;
}

/**
 * `signalled`: the workflow looks into it; `known`: PostgreSQL has it already; `late`: nobody waited for the money any more,
 * and it goes back; `foreign`: of another system that shares the provider's account.
 */
export type PaymentEventOutcome = 'signalled' | 'known' | 'late' | 'foreign';

export interface PaymentEventParts extends GroupExitParts {
  operations: OperationClient;
  reader: OrderReader;
  outcomeWaiter: OutcomeWaiter;
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
 * @throws {Problem} `unknown_payment` for an order that is not known here
 */
export async function applyPaymentEvent(
  parts: PaymentEventParts,
  news: PaymentEvent,
): Promise<PaymentEventOutcome> {
  const { reader, logger } = parts;
  const { orderId, paymentIntentId } = news;
  if (!isOrderId(orderId)) {
    logger.info({ event: news.type, paymentIntentId }, 'ignored a payment event of another system');
    return 'foreign';
  }

  const stored = await settledOrLater(parts, orderId);
  if (stored && isDecided(stored.view.status)) return alreadyDecided(parts, news, stored);
  if (await signalCarrier(parts, { orderId, paymentIntentId })) return 'signalled';
  const latest = await reader.find(orderId);
  if (latest) return alreadyDecided(parts, news, latest);
  logger.warn(
    { event: news.type, orderId, paymentIntentId },
    'a payment event of an order that is not known',
  );
  throw new Problem('unknown_payment', 'No order here has this payment.');
}

/** The order's own workflow, or the group that it is in; or its own after all, if it leaves the group at this moment. */
async function signalCarrier(parts: PaymentEventParts, payment: PaymentReference): Promise<boolean> {
  const { orderId, paymentIntentId } = payment;
  const toItself = () => signal(parts, checkoutWorkflowId(orderId), { paymentIntentId });
  if (await toItself()) return true;
  const group = await groupOf(parts, orderId);
  if (group === undefined) return false;
  return (await signal(parts, group, payment)) || toItself();
}

async function signal(
  { client }: PaymentEventParts,
  workflowId: string,
  input: PaymentEventInput | GroupPaymentEventInput,
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(PAYMENT_EVENT_SIGNAL, input);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

async function settledOrLater(
  { reader, outcomeWaiter }: PaymentEventParts,
  orderId: string,
): Promise<StoredOrder | undefined> {
  const visit = outcomeWaiter.enter(orderId);
  try {
    const stored = await reader.find(orderId);
    if (stored?.view.status !== 'reserved') return stored;
    return (await visit.untilAtRest(Date.now() + CHARGE_ANSWER_MS)) ?? stored;
  } finally {
    visit.leave();
  }
}

async function alreadyDecided(
  { operations, logger }: PaymentEventParts,
  { type, orderId, paymentIntentId, moneyMoved }: PaymentEvent,
  { view: { payment, status } }: StoredOrder,
): Promise<PaymentEventOutcome> {
  const accountedFor =
    payment.paymentIntentId === paymentIntentId && (payment.captured > 0 || payment.capturable > 0);
  if (!moneyMoved || accountedFor) return 'known';
  logger.warn(
    { orderId, status, paymentIntentId, event: type },
    'money came for an order that has ended without it',
  );
  const input: LatePaymentInput = { orderId, paymentIntentId };
  const workflowId = latePaymentWorkflowId(orderId, paymentIntentId);
  await operations.start({ type: LATE_PAYMENT_WORKFLOW, workflowId, orderId, input });
  return 'late';
}
