/** The workflows that a checkout worker runs. Each export is a workflow type. */
export { audit } from './audit.ts';
export { batch } from './batch.ts';
export { cancellation } from './operations/cancellation.ts';
export { capture } from './operations/capture.ts';
export { checkout } from './checkout.ts';
export { checkoutGroup } from './checkout-group.ts';
export { fulfilment } from './fulfilment/fulfilment.ts';
export { disputes } from './operations/disputes.ts';
export { latePayment } from './operations/late-payment.ts';
export { reconciliation } from './operations/reconciliation.ts';
export { returnedRefund } from './operations/returned-refund.ts';
export { refund } from './operations/refund.ts';
export { returnGoods as return } from './returns/return.ts';
