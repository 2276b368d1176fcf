import { WorkflowNotFoundError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { OrderReader, StoredOrder } from '../adapters/postgres/order-reader.ts';
import type { PaymentReference } from '../contracts/temporal/checkout.ts';
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
import { groupOf, type DetachParts } from './detach-from-group.ts';
import type { OperationClient } from './temporal/operation-client.ts';
import { isOrderId } from './order-id.ts';
import { unavailable } from './lib/outage.ts';
import type { OrderRecovery } from './recovery/recover-order.ts';
import type { UnknownPayments } from './unknown-payments.ts';
import type { OutcomeWaiter } from './waiting/outcome-waiter.ts';

/** A verified event of the payment provider about one payment. */
export interface PaymentEvent {
  /** The provider's type of the event, for example `payment_intent.succeeded`. */
  type: string;
  orderId: string;
  paymentIntentId: string;
  /** Whether the event says that the customer's money was taken. */
  moneyMoved: boolean;
}

export interface PaymentEventParts extends DetachParts {
  operations: OperationClient;
  reader: OrderReader;
  outcomeWaiter: OutcomeWaiter;
  recovery: OrderRecovery;
  unknownPayments: UnknownPayments;
  logger: Logger;
}

/**
 * The result of a charge reaches the workflow as fast as the provider's event reaches this process. Waiting this long for
 * it saves nearly every order a signal and a workflow task. Milliseconds.
 */
const CHARGE_RESULT_MS = 1_000;

/**
 * Forwards a payment event to the workflow of its order, as a hint only: the workflow asks the provider for the state of the
 * payment, so that repeated, late and reordered events do no harm. An order that has ended without the payment has no
 * workflow to forward to: its payment is reversed. An undecided order whose workflow is gone gets a new run. Events of another system that shares the provider's account are ignored.
 *
 * An event of an order that is not known here is counted and logged: most likely another installation uses the same account of the
 * provider. To refuse it would make the provider send it again for days, and then disable the webhook.
 *
 * Returns when the event has been dealt with. Safe to run twice. If it throws, the provider must send the event again.
 */
export async function applyPaymentEvent(parts: PaymentEventParts, event: PaymentEvent): Promise<void> {
  const { reader, unknownPayments, logger } = parts;
  const { orderId, paymentIntentId, type } = event;
  if (!isOrderId(orderId)) {
    logger.info(
      { event: type, paymentIntentId },
      'the order service ignored a payment event of another system',
    );
    return;
  }

  const stored = await findAfterCharge(parts, orderId);
  if (stored && isDecided(stored.view.status)) {
    await reverseIfLate(parts, event, stored);
    return;
  }
  if (await signalCarrier(parts, { orderId, paymentIntentId })) return;
  // A new run asks the provider for the payment when it begins.
  if ((await parts.recovery.recover(orderId)) === 'restarted') return;
  if (await signalCarrier(parts, { orderId, paymentIntentId })) return;
  const latest = await reader.find(orderId);
  if (latest && !isDecided(latest.view.status))
    throw unavailable(`Order ${orderId} passes to another workflow at this moment.`);
  if (latest) {
    await reverseIfLate(parts, event, latest);
    return;
  }
  unknownPayments.record();
  logger.warn(
    { event: type, orderId, paymentIntentId },
    'the order service ignored a payment event of an unknown order',
  );
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

/** The order as it is; while it is being charged, as it is after {@link CHARGE_RESULT_MS} or as soon as it is at rest. */
async function findAfterCharge(
  { reader, outcomeWaiter }: PaymentEventParts,
  orderId: string,
): Promise<StoredOrder | undefined> {
  const subscription = outcomeWaiter.subscribe(orderId);
  try {
    const stored = await reader.find(orderId);
    if (stored?.view.status !== 'reserved') return stored;
    return (await subscription.untilAtRest(Date.now() + CHARGE_RESULT_MS)) ?? stored;
  } finally {
    subscription.unsubscribe();
  }
}

/** Starts the reversal of a payment whose order has ended without it. Does nothing for any other event. */
async function reverseIfLate(
  { operations, logger }: PaymentEventParts,
  { type, orderId, paymentIntentId, moneyMoved }: PaymentEvent,
  { view: { payment, status } }: StoredOrder,
): Promise<void> {
  const isRecorded =
    payment.paymentIntentId === paymentIntentId && (payment.captured > 0 || payment.capturable > 0);
  if (!moneyMoved || isRecorded) return;
  logger.warn(
    { orderId, status, paymentIntentId, event: type },
    'the order service received a payment for an order that has ended without it',
  );
  const input: LatePaymentInput = { orderId, paymentIntentId };
  const workflowId = latePaymentWorkflowId(orderId, paymentIntentId);
  await operations.start({ type: LATE_PAYMENT_WORKFLOW, workflowId, orderId, input });
}
