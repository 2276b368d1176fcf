/** Every workflow that a worker of this project runs. */
export { audit } from './audit.ts';
export { cancellation } from './cancellation.ts';
export { capture } from './capture.ts';
export { checkout } from './checkout.ts';
export { checkoutGroup } from './checkout-group.ts';
export { latePayment } from './late-payment.ts';
export { returnedRefund } from './returned-refund.ts';
export { refund } from './refund.ts';
