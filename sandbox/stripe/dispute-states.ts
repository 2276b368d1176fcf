import type { DisputeRecord } from './records.ts';

/** An inquiry withdraws no money; its payment can be refunded, which ends it (docs.stripe.com/disputes/how-disputes-work). */
export const isInquiry = ({ status }: DisputeRecord): boolean => status.startsWith('warning_');

export const isClosed = ({ status }: DisputeRecord): boolean =>
  status === 'won' || status === 'lost' || status === 'warning_closed';

/** Stripe refuses refunds of a charge with `charge_disputed` while it is charged back, and after the shop has lost. */
export const allowsRefunds = (dispute: DisputeRecord): boolean =>
  isInquiry(dispute) || dispute.status === 'won';
