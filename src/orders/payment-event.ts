import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { OrderReader, StoredOrder, StoredPayment } from '../adapters/postgres/order-reader.ts';
import type { PaymentReference } from '../contracts/temporal/checkout.ts';
import {
  PAYMENT_EVENT_SIGNAL,
  type GroupPaymentEventInput,
  type PaymentEventInput,
} from '../contracts/temporal/messages.ts';
import { checkoutWorkflowId } from '../contracts/temporal/names.ts';
import { isDecided, isFailed } from '../domain/order-status.ts';
import { groupOf, type DetachParts } from './detach-from-group.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { isOrderId } from './order-id.ts';
import { unavailable } from './lib/outage.ts';
import type { OrderRecovery } from './recovery/recover-order.ts';
import { requestReconciliation } from './temporal/request-reconciliation.ts';
import type { UnknownPayments } from './unknown-payments.ts';
import type { OutcomeWaiter } from './waiting/outcome-waiter.ts';

/** A verified event of the payment provider about one payment, or about its refunds or disputes. */
export interface PaymentEvent {
  /** The provider's type of the event, for example `payment_intent.succeeded`. */
  type: string;
  paymentIntentId: string;
  /** The order that the event names. Absent for what somebody has done in the provider's dashboard. */
  orderId?: string;
  says: PaymentChange;
}

/** What an event says; minor units. */
export type PaymentChange =
  /** `isOpen`: the payment may still take money. */
  | { of: 'payment'; captured: number; capturable: number; isOpen: boolean }
  | { of: 'refunds'; refunded: number }
  /** Only that something has changed. */
  | { of: 'change' }
  /** `id` is the id of the refund under which this service has requested it, or else the provider's own. */
  | { of: 'refund'; id: string; hasFailed?: boolean }
  /** A refund by which this service reverses a payment that its order does not want. */
  | { of: 'reversal'; amount: number };

export interface PaymentEventParts extends DetachParts {
  operations: OperationClient;
  reader: OrderReader;
  outcomeWaiter: OutcomeWaiter;
  recovery: OrderRecovery;
  unknownPayments: UnknownPayments;
  logger: Logger;
}

/**
 * The result of a charge, a capture or a refund reaches PostgreSQL as fast as the provider's event reaches this process. Waiting this long
 * for it saves nearly every order a signal and a workflow task. Milliseconds.
 */
const RESULT_MS = 1_000;
const POLL_MS = 200;

/**
 * Has a payment event dealt with by a workflow, as a hint only: the workflow asks the provider for the state of the payment, so that
 * repeated, late and reordered events do no harm. While the order is undecided it is the order's own workflow; afterwards the
 * reconciliation of its payments, unless the event says what is recorded already. Events of another system that shares the provider's
 * account are ignored. An undecided order whose workflow is gone gets a new run.
 *
 * An event of an order that is not known here is counted and logged: most likely another installation uses the same account of the
 * provider. To refuse it would make the provider send it again for days, and then disable the webhook.
 *
 * Returns the id of the order when the event has been dealt with. Safe to run twice. If it throws, the provider must send the event again.
 */
export async function applyPaymentEvent(
  parts: PaymentEventParts,
  event: PaymentEvent,
): Promise<string | undefined> {
  const { reader, unknownPayments, logger } = parts;
  const { paymentIntentId, type } = event;
  const orderId = event.orderId ?? (await reader.payment(paymentIntentId))?.orderId;
  if (orderId === undefined || !isOrderId(orderId)) {
    logger.info(
      { event: type, paymentIntentId },
      'the order service ignored a payment event of another system',
    );
    return undefined;
  }

  const stored = await findAfterCharge(parts, orderId);
  if (stored && isDecided(stored.view.status)) {
    await reconcileIfNew(parts, orderId, event, stored);
    return orderId;
  }
  if (await signalCarrier(parts, { orderId, paymentIntentId })) return;
  // A new run asks the provider for the payment when it begins.
  if ((await parts.recovery.recover(orderId)) === 'restarted') return orderId;
  if (await signalCarrier(parts, { orderId, paymentIntentId })) return;
  const latest = await reader.find(orderId);
  if (latest && !isDecided(latest.view.status))
    throw unavailable(`Order ${orderId} passes to another workflow at this moment.`);
  if (latest) {
    await reconcileIfNew(parts, orderId, event, latest);
    return orderId;
  }
  unknownPayments.record();
  logger.warn(
    { event: type, orderId, paymentIntentId },
    'the order service ignored a payment event of an unknown order',
  );
  return orderId;
}

/**
 * Signals the workflow that carries the order, and if that is not open the order's own, since the order may be about to leave its group.
 * Returns false if neither is open.
 */
async function signalCarrier(parts: PaymentEventParts, payment: PaymentReference): Promise<boolean> {
  const { orderId, paymentIntentId } = payment;
  const group = await groupOf(parts, orderId);
  if (group !== undefined && (await signal(parts, group, payment))) return true;
  return signal(parts, checkoutWorkflowId(orderId), { paymentIntentId });
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

/** The order as it is; while it is being charged, as it is after {@link RESULT_MS} or as soon as it is at rest. */
async function findAfterCharge(
  { reader, outcomeWaiter }: PaymentEventParts,
  orderId: string,
): Promise<StoredOrder | undefined> {
  const subscription = outcomeWaiter.subscribe(orderId);
  try {
    const stored = await reader.find(orderId);
    if (stored?.view.status !== 'reserved') return stored;
    return (await subscription.untilAtRest(Date.now() + RESULT_MS)) ?? stored;
  } finally {
    subscription.unsubscribe();
  }
}

/** Has the payments of a decided order reconciled, unless the event says what is recorded already. */
async function reconcileIfNew(
  { reader, operations, logger }: PaymentEventParts,
  orderId: string,
  { type, paymentIntentId, says }: PaymentEvent,
  { view: { payment, status } }: StoredOrder,
): Promise<void> {
  if (says.of === 'payment' && payment.paymentIntentId === paymentIntentId && agrees(says, payment)) return;
  const deadline = Date.now() + RESULT_MS;
  for (;;) {
    const recorded = await reader.payment(paymentIntentId);
    if (isRecorded(says, recorded)) return;
    // Nobody is about to record what came after the end of the order.
    if (!recorded || isFailed(status) || Date.now() >= deadline) break;
    await delay(POLL_MS);
  }
  if (isFailed(status) && says.of === 'payment' && says.captured + says.capturable > 0)
    logger.warn(
      { orderId, status, paymentIntentId, event: type },
      'the order service received a payment for an order that has ended without it',
    );
  await requestReconciliation(operations, { orderId, paymentIntentId });
}

function isRecorded(says: PaymentChange, recorded: StoredPayment | undefined): boolean {
  switch (says.of) {
    case 'payment':
      return agrees(says, recorded ?? { captured: 0, capturable: 0 });
    case 'refunds':
      return recorded !== undefined && says.refunded <= recorded.refunded + recorded.refunding;
    case 'refund':
      if (!recorded) return false;
      // One that is not recorded may be about to be, by a reconciliation that has read it before it failed.
      if (says.hasFailed) return recorded.failedRefundIds.includes(says.id);
      return recorded.refundIds.includes(says.id);
    case 'reversal':
      return recorded !== undefined && says.amount <= recorded.reversed;
    case 'change':
      return false;
  }
}

const agrees = (
  { captured, capturable, isOpen }: Extract<PaymentChange, { of: 'payment' }>,
  recorded: Pick<StoredPayment, 'captured' | 'capturable'>,
): boolean => !isOpen && captured === recorded.captured && capturable === recorded.capturable;
