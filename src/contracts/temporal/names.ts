/**
 * Names and ids that clients, workers and operators share in Temporal. A changed name leaves running workflows without a
 * worker, and a changed id lets an order be started twice.
 */
export const TASK_QUEUES = {
  checkout: 'checkout',
  notifications: 'notifications',
  fulfilment: 'fulfilment',
  webhooks: 'webhooks',
} as const;

/** One order. */
export const CHECKOUT_WORKFLOW = 'checkout';
/** Several orders that arrived together. */
export const GROUP_WORKFLOW = 'checkoutGroup';

/** Operations on a paid order; each is a workflow of its own. */
export const REFUND_WORKFLOW = 'refund';
export const CANCELLATION_WORKFLOW = 'cancellation';
export const CAPTURE_WORKFLOW = 'capture';
export const LATE_PAYMENT_WORKFLOW = 'latePayment';
/** Takes in what somebody else has done with an order's payments at the provider. */
export const RECONCILIATION_WORKFLOW = 'reconciliation';
export const RETURNED_REFUND_WORKFLOW = 'returnedRefund';
/** Reads the disputes of a payment from the provider, and records them. */
export const DISPUTES_WORKFLOW = 'disputes';

/** Ships a paid order, from the allocation to the end of the return window. */
export const FULFILMENT_WORKFLOW = 'fulfilment';
/** A return of goods: its label, its mails, and the refunds of what was received. */
export const RETURN_WORKFLOW = 'return';

/** Compares PostgreSQL, the payment provider and Temporal. An operator or the schedule starts it. */
export const AUDIT_WORKFLOW = 'audit';
/** Id of the Temporal schedule that starts the audit each night. */
export const AUDIT_SCHEDULE = 'audit-nightly';

/** Carries a batch: one action of an operator on many orders. */
export const BATCH_WORKFLOW = 'batch';
export const batchWorkflowId = (batchId: string): string => `batch/${batchId}`;

export const checkoutWorkflowId = (orderId: string): string => `order/${orderId}`;
export const groupWorkflowId = (token: string): string => `group/${token}`;
export const isGroupWorkflowId = (workflowId: string): boolean => workflowId.startsWith('group/');

/** The id of a refund or a capture begins with the order's id. */
export const operationWorkflowId = (id: string): string => `order/${id}`;
/** `refundId` begins with the order's id, for example `ord_…/refunds/1`. */
export const refundWorkflowId = operationWorkflowId;
export const cancellationWorkflowId = (orderId: string): string => `order/${orderId}/cancellation`;
/** `captureId` begins with the order's id, for example `ord_…/captures/1`. */
export const captureWorkflowId = operationWorkflowId;
export const latePaymentWorkflowId = (orderId: string, paymentIntentId: string): string =>
  `order/${orderId}/late-payment/${paymentIntentId}`;
export const reconciliationWorkflowId = (orderId: string): string => `order/${orderId}/reconciliation`;
export const returnedRefundWorkflowId = (orderId: string, providerRefundId: string): string =>
  `order/${orderId}/returned-refund/${providerRefundId}`;

/** SQL function `show_due_dispute` makes the same id. */
export const disputesWorkflowId = (orderId: string, paymentIntentId: string): string =>
  `order/${orderId}/disputes/${paymentIntentId}`;
/** For a payment whose order is not known yet. */
export const disputesOfPaymentWorkflowId = (paymentIntentId: string): string =>
  `payment/${paymentIntentId}/disputes`;

export const fulfilmentWorkflowId = (orderId: string): string => `order/${orderId}/fulfilment`;
/** `number` counts the returns of the order from 1. */
export const returnWorkflowId = (orderId: string, number: number): string =>
  `order/${orderId}/returns/${number}`;

/**
 * What the workflow of an order does. `checkout` processes the order from placing to outcome (a group does so too), an `operation`
 * changes the payment of a paid order, and `fulfilment` ships it and takes it back, which may last for weeks.
 */
export type OrderWorkflowKind = 'checkout' | 'operation' | 'fulfilment';

export function kindOfWorkflow(workflowId: string): OrderWorkflowKind {
  const operation = /^order\/[^/]+\/(.+)$/.exec(workflowId)?.[1];
  if (operation === undefined) return 'checkout';
  return operation === 'fulfilment' || operation.startsWith('returns/') ? 'fulfilment' : 'operation';
}

export const auditWorkflowId = (auditId: string): string => `audit/${auditId}`;
export const auditIdOf = (workflowId: string): string => workflowId.replace(/^audit\//, '');

/** None of these may hold personal data. `OrderId` is a list because a group has several orders. */
export const SEARCH_ATTRIBUTES = {
  orderId: { name: 'OrderId', type: 'KEYWORD_LIST' },
  orderStatus: { name: 'OrderStatus', type: 'KEYWORD' },
  needsAttention: { name: 'NeedsAttention', type: 'BOOL' },
} as const;

/** Memo key under which a workflow keeps the hash of the request body until PostgreSQL has it. */
export const REQUEST_HASH_MEMO = 'requestHash';
/** Memo key under which the workflow of an order has the epoch of its run, so that nobody has to read its input. */
export const EPOCH_MEMO = 'epoch';
