/** The mails to a customer: at most one of each kind for each order, or for each of its refunds, shipments and returns. */
export const MAIL_KINDS = [
  'created',
  'paid',
  'payment_failed',
  'out_of_stock',
  'expired',
  'rejected',
  'cancelled',
  'refunded',
  'shipped',
  'out_for_delivery',
  'delivered',
  'return_label',
  'return_declined',
  'return_received',
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];
