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
    subject: 'We have your order',
    opening: 'thank you: we have your order and have put the goods aside.',
  },
  paid: { subject: 'Your order is paid', opening: 'we have your payment, and your order goes on its way.' },
  payment_failed: {
    subject: 'Your payment did not go through',
    opening: 'your payment was not accepted. Nothing was charged; you can order again with another card.',
  },
  out_of_stock: {
    subject: 'Your order could not be filled',
    opening: 'what you ordered has just been sold out. Nothing was charged.',
  },
  expired: {
    subject: 'Your order has expired',
    opening: 'your payment was not confirmed in time, so we have let go of the goods. Nothing was charged.',
  },
  rejected: {
    subject: 'Your order was not accepted',
    opening: 'we could not accept your order. Nothing was charged.',
  },
  cancelled: {
    subject: 'Your order is cancelled',
    opening: 'your order is cancelled. What you had paid, if anything, is on its way back to you.',
  },
  refunded: { subject: 'Your refund', opening: 'we have given money back to you.' },
};

/** What the customer reads, in plain text. */
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

/** What the contact of a webhook endpoint reads when nothing is sent there any more. */
export function renderWebhookMail({
  endpointId,
  url,
  reason,
  stateSince,
}: Pick<WebhookEndpoint, 'endpointId' | 'url' | 'reason' | 'stateSince'>): { subject: string; text: string } {
  const [why, what] =
    reason === 'gone'
      ? ['it has answered 410 Gone', 'It is removed: register it again, should it come back.']
      : [
          'nothing has arrived there for three days',
          'It is disabled. Enable it when it works again, then ask for what it has missed.',
        ];
  const text = [
    'Hello,',
    '',
    `no more events are sent to the webhook endpoint ${endpointId}, since ${why}:`,
    '',
    `  ${url}`,
    `  since ${stateSince.toISOString()}`,
    '',
    what,
    '',
  ].join('\n');
  return { subject: `No more events are sent to your webhook endpoint (${endpointId})`, text };
}
