import {
  CANCELLATION_WORKFLOW,
  CAPTURE_WORKFLOW,
  CHECKOUT_WORKFLOW,
  FULFILMENT_WORKFLOW,
  REFUND_WORKFLOW,
  RETURNED_REFUND_WORKFLOW,
} from '../../contracts/temporal/names.ts';

/** Steps that only write down what is drawn otherwise: a wait, or a parked step. They are drawn where they have failed. */
const RECORDS = new Set(['recordWaiting', 'recordReview', 'planFulfilment', 'readReturnWork']);
/** How a parked step is written down is never drawn: the step itself is. */
const OF_PARKED_STEPS = new Set(['parkStep', 'resolveStep']);
const UNDO = new Set(['abandonOrder', 'releaseStock', 'voidPayment', 'refundLabel', 'finishCancellation']);
/** In these a refund is what was asked for, and undoes nothing. */
const REFUNDS: readonly string[] = [REFUND_WORKFLOW, RETURNED_REFUND_WORKFLOW];

export const isOfParkedSteps = (step: string): boolean => OF_PARKED_STEPS.has(step);
export const isRecord = (step: string): boolean => RECORDS.has(step);
export const isUndo = (workflowType: string, step: string): boolean =>
  UNDO.has(step) || (step === 'refundPayment' && !REFUNDS.includes(workflowType));

/** A step of the usual path of a workflow. `detail`: the mail. `or`: steps that are there in its place. */
export interface PathStep {
  name: string;
  detail?: string;
  or?: readonly string[];
}

const PATHS: Readonly<Record<string, readonly PathStep[]>> = {
  [CHECKOUT_WORKFLOW]: [
    { name: 'reserveStock' },
    { name: 'chargePayment', or: ['retrievePayment'] },
    { name: 'confirmOrder' },
    { name: 'notify', detail: 'paid' },
  ],
  [REFUND_WORKFLOW]: [
    { name: 'beginRefund' },
    { name: 'refundPayment' },
    { name: 'finishRefund' },
    { name: 'notify', detail: 'refunded' },
  ],
  [CAPTURE_WORKFLOW]: [{ name: 'beginCapture' }, { name: 'capturePayment' }, { name: 'finishCapture' }],
  [CANCELLATION_WORKFLOW]: [
    { name: 'beginCancellation' },
    { name: 'finishCancellation' },
    { name: 'notify', detail: 'cancelled' },
  ],
  [FULFILMENT_WORKFLOW]: [
    { name: 'buyLabel' },
    { name: 'trackShipments' },
    { name: 'notify', detail: 'delivered' },
  ],
};

/** What a workflow of this type does where nothing fails. Empty: it depends on what happens. */
export const pathOf = (workflowType: string): readonly PathStep[] => PATHS[workflowType] ?? [];

/** What is waited for, by the summary that the workflow gives its timer. */
const WAITS: Readonly<Record<string, string>> = {
  'Deadline for the customer to authenticate': 'customer',
  'Deadline of the review': 'review',
  'Pause before the payment is retrieved again': 'payment_outcome',
  'Pause before the next charge; the last one moved no money': 'next_charge',
  'Wait for other captures in progress': 'other_operation',
  'Wait for a refund or capture in progress': 'other_operation',
  'Wait for a capture or the cancellation in progress': 'other_operation',
  'Pause before the checkout is started again': 'start_again',
  'Pause before the reconciliation is started again': 'start_again',
};
const RETRY = /^Pause before (.{1,100}) is retried$/;

/** Of a timer: what is waited for, or the step whose next try it delays. */
export function waitOf(summary: string | undefined): { name: string } | { retryOf: string } {
  if (summary === undefined) return { name: 'change' };
  const step = RETRY.exec(summary)?.[1];
  return step === undefined ? { name: WAITS[summary] ?? 'change' } : { retryOf: step };
}
