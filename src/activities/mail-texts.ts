import type { ClaimedMail } from '../adapters/postgres/mail-log.ts';
import type { WebhookEndpoint } from '../adapters/postgres/webhook-endpoints.ts';
import type { MailKind } from '../contracts/http/mail.ts';
import { formatMoney } from '../domain/money.ts';

interface MailText {
  subject: string;
  opening: string;
}

const TEXTS: Record<MailKind, MailText> = {
  created: {
    subject: 'We received your order',
    opening: 'thank you for your order. We have received it and reserved the items.',
  },
  paid: {
    subject: 'Your order is paid',
    opening: 'we have received your payment and are preparing your order.',
  },
  payment_failed: {
    subject: 'Your payment did not go through',
    opening: 'your payment was not accepted. You were not charged, and can order again with another card.',
  },
  out_of_stock: {
    subject: 'Your order is out of stock',
    opening: 'an item that you ordered has just sold out. You were not charged.',
  },
  expired: {
    subject: 'Your order has expired',
    opening:
      'your payment was not confirmed in time, so the items are no longer reserved. You were not charged.',
  },
  rejected: {
    subject: 'Your order was not accepted',
    opening: 'we could not accept your order. You were not charged.',
  },
  cancelled: {
    subject: 'Your order is cancelled',
    opening: 'your order is cancelled. If you have paid, the money is on its way back to you.',
  },
  refunded: { subject: 'Your refund', opening: 'we have sent you a refund.' },
  shipped: { subject: 'Your order has shipped', opening: 'your parcel is on its way.' },
  out_for_delivery: { subject: 'Your parcel arrives today', opening: 'your parcel is out for delivery.' },
  delivered: { subject: 'Your parcel was delivered', opening: 'your parcel was delivered.' },
  return_label: { subject: 'Your return label', opening: 'here is the label for your return.' },
  return_declined: { subject: 'Your return', opening: 'we cannot accept your return.' },
  return_received: { subject: 'We received your return', opening: 'your return has arrived.' },
};

/** Renders a mail to the customer as plain text. */
export function renderMail({ orderId, kind, name, currency, total, lines, refunded }: ClaimedMail): {
  subject: string;
  text: string;
} {
  const { subject, opening } = TEXTS[kind];
  const items = lines.map(
    (line) => `  ${line.quantity} x ${line.title}  ${formatMoney(line.total, currency)}`,
  );
  const text = [
    `Hello${name === undefined ? '' : ` ${name}`},`,
    '',
    opening,
    '',
    `Order ${orderId}`,
    ...items,
    ...(refunded === undefined ? [] : [`  Refund  ${formatMoney(refunded, currency)}`]),
    ...(items.length > 0 ? [`  Total  ${formatMoney(total, currency)}`] : []),
    '',
  ].join('\n');
  return { subject: `${subject} (${orderId})`, text };
}

/** Renders the mail to the contact of a webhook endpoint that was disabled or removed automatically, as plain text. */
export function renderWebhookMail({
  endpointId,
  url,
  reason,
  stateSince,
}: Pick<WebhookEndpoint, 'endpointId' | 'url' | 'reason' | 'stateSince'>): { subject: string; text: string } {
  const [why, whatToDo] =
    reason === 'gone'
      ? ['it responded with 410 Gone', 'The endpoint is removed. If it comes back, register it again.']
      : [
          'no delivery to it has succeeded for three days',
          'The endpoint is disabled. When it works again, enable it and recover the events that it missed.',
        ];
  const text = [
    'Hello,',
    '',
    `events are no longer sent to your webhook endpoint ${endpointId}, because ${why}:`,
    '',
    `  ${url}`,
    `  since ${stateSince.toISOString()}`,
    '',
    whatToDo,
    '',
  ].join('\n');
  return { subject: `Events are no longer sent to your webhook endpoint (${endpointId})`, text };
}
