import type { WebhookMessage } from '../webhooks/sender.ts';
import type { EventRecord } from './records.ts';
import { renderEvent } from './render.ts';
import { signatureOf } from './signature.ts';

/** Returns the webhook request of an event, signed now. */
export function webhookMessage(event: EventRecord, secret: string): WebhookMessage {
  const body = JSON.stringify(renderEvent(event, 1));
  return {
    body,
    headers: {
      'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      'Stripe-Signature': signatureOf(body, secret, Date.now()),
    },
  };
}
