import type { WebhookEndpoint } from '../adapters/postgres/webhook-endpoints.ts';

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
