import {
  CANCELLATION_WORKFLOW,
  cancellationWorkflowId,
  CAPTURE_WORKFLOW,
  DISPUTES_WORKFLOW,
  disputesWorkflowId,
  captureWorkflowId,
  LATE_PAYMENT_WORKFLOW,
  latePaymentWorkflowId,
  REFUND_WORKFLOW,
  refundWorkflowId,
  RETURNED_REFUND_WORKFLOW,
  returnedRefundWorkflowId,
} from '../../../src/contracts/temporal/names.ts';
import type { DisputesInput } from '../../../src/contracts/temporal/disputes.ts';
import { DISPUTES_CHANGED_SIGNAL } from '../../../src/contracts/temporal/messages.ts';
import type {
  CancellationCommand,
  CaptureCommand,
  RefundCommand,
} from '../../../src/contracts/temporal/operations.ts';
import type { LatePaymentInput, ReturnedRefundInput } from '../../../src/contracts/temporal/workflows.ts';
import type { History } from '../../../src/workers/history-json.ts';
import type { RecordedRun, RecordingStage } from './stage.ts';
import { CAPTURE_LATER, ended, parks, paymentOf, place, resolveStep, type Recording } from './steps.ts';

/** Recordings of the operations on paid orders. */
export const OPERATION_RECORDINGS: Readonly<Record<string, Recording>> = {
  refunded: async (stage) => completed(await refund(stage, await paid(stage), 400)),

  refund_parked_then_resolved: async (stage) => {
    const orderId = await paid(stage, 'pm_sandbox_refund_fails');
    const run = await refund(stage, orderId, 400);
    await parks(stage, orderId);
    await resolveStep(run, 'refundPayment', 'resolve');
    return completed(run);
  },

  refund_returned_then_retried: async (stage) => {
    const orderId = await paid(stage);
    await completed(await refund(stage, orderId, 400));
    const paymentIntentId = await paymentOf(stage, orderId);
    const { data } = await stage.provider.stripe.refunds.list({ payment_intent: paymentIntentId });
    const providerRefundId = data[0]?.id ?? '';
    await stage.provider.post(`/refunds/${providerRefundId}/fail`);
    const refundId = `${orderId}/refunds/1`;
    const input: ReturnedRefundInput = { orderId, paymentIntentId, refundId, amount: 400, providerRefundId };
    const workflowId = returnedRefundWorkflowId(orderId, providerRefundId);
    const run = await stage.start({ type: RETURNED_REFUND_WORKFLOW, workflowId, orderId, input });
    await parks(stage, orderId);
    await resolveStep(run, 'refundPayment', 'retry');
    return completed(run);
  },

  captured_in_parts: async (stage) => {
    const orderId = await authorized(stage);
    await completed(await capture(stage, orderId, 300));
    return completed(await capture(stage, orderId, 700));
  },

  capture_of_expired_authorization: async (stage) => {
    const orderId = await authorized(stage);
    await stage.provider.post(`/payment_intents/${await paymentOf(stage, orderId)}/expire`);
    return completed(await capture(stage, orderId, 400));
  },

  cancelled_after_paid: async (stage) => completed(await cancel(stage, await paid(stage))),

  cancelled_after_part_was_captured: async (stage) => {
    const orderId = await authorized(stage);
    await completed(await capture(stage, orderId, 400));
    return completed(await cancel(stage, orderId));
  },

  captured_at_the_provider: async (stage) => {
    const orderId = await authorized(stage);
    await stage.provider.stripe.paymentIntents.capture(await paymentOf(stage, orderId));
    return completed(await capture(stage, orderId, 400));
  },

  captured_in_part_at_the_provider: async (stage) => {
    const orderId = await authorized(stage);
    await stage.provider.stripe.paymentIntents.capture(await paymentOf(stage, orderId), {
      amount_to_capture: 400,
      final_capture: false,
    });
    return completed(await capture(stage, orderId, 900));
  },

  captured_at_the_provider_with_less_than_was_held: async (stage) => {
    const orderId = await authorized(stage);
    await stage.provider.stripe.paymentIntents.capture(await paymentOf(stage, orderId), {
      amount_to_capture: 700,
    });
    return completed(await capture(stage, orderId, 400));
  },

  cancelled_after_captured_at_the_provider: async (stage) => {
    const orderId = await authorized(stage);
    await stage.provider.stripe.paymentIntents.capture(await paymentOf(stage, orderId));
    return completed(await cancel(stage, orderId));
  },

  disputed_then_read_again: async (stage) => {
    const orderId = await paid(stage, 'pm_card_createDispute');
    const paymentIntentId = await paymentOf(stage, orderId);
    const workflowId = disputesWorkflowId(orderId, paymentIntentId);
    const input: DisputesInput = { orderId, paymentIntentId };
    const run = await stage.start({ type: DISPUTES_WORKFLOW, workflowId, orderId, input });
    await run.handle.signal(DISPUTES_CHANGED_SIGNAL, { retry: { note: 'the webhook was off' } });
    return completed(run);
  },

  late_payment_refunded: async (stage) => {
    const run = await place(stage, 'pm_card_authenticationRequired', { paymentDeadlineMs: 1_000 });
    const { orderId } = run.order;
    await ended(run, 'expired');
    const paymentIntentId = await paymentOf(stage, orderId);
    await stage.provider.post(`/payment_intents/${paymentIntentId}/succeed_late`);
    const input: LatePaymentInput = { orderId, paymentIntentId };
    const workflowId = latePaymentWorkflowId(orderId, paymentIntentId);
    return completed(await stage.start({ type: LATE_PAYMENT_WORKFLOW, workflowId, orderId, input }));
  },
};

const requestHash = 'a'.repeat(64);

/** The id of a paid order. */
async function paid(stage: RecordingStage, method = 'pm_card_visa'): Promise<string> {
  const run = await place(stage, method);
  await ended(run, 'paid');
  return run.order.orderId;
}

/** The id of a paid order whose payment is authorised and not captured. */
export async function authorized(stage: RecordingStage): Promise<string> {
  const run = await place(stage, 'pm_card_visa', CAPTURE_LATER);
  await ended(run, 'paid');
  return run.order.orderId;
}

function refund(stage: RecordingStage, orderId: string, amount: number): Promise<RecordedRun> {
  const refundId = `${orderId}/refunds/1`;
  const input: RefundCommand = { refundId, orderId, amount, requestHash };
  return stage.start({ type: REFUND_WORKFLOW, workflowId: refundWorkflowId(refundId), orderId, input });
}

export function capture(stage: RecordingStage, orderId: string, amount: number): Promise<RecordedRun> {
  const captureId = `${orderId}/captures/${amount}`;
  const input: CaptureCommand = { captureId, orderId, amount, requestHash };
  return stage.start({ type: CAPTURE_WORKFLOW, workflowId: captureWorkflowId(captureId), orderId, input });
}

function cancel(stage: RecordingStage, orderId: string): Promise<RecordedRun> {
  const input: CancellationCommand = { orderId, reason: 'changed_my_mind' };
  const workflowId = cancellationWorkflowId(orderId);
  return stage.start({ type: CANCELLATION_WORKFLOW, workflowId, orderId, input });
}

export async function completed({ handle, history }: RecordedRun): Promise<History> {
  await handle.result();
  return history();
}
