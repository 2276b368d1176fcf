import { createHmac } from 'node:crypto';
import type { WebhookMessage } from '../webhooks/sender.ts';
import type { EventRecord } from './records.ts';
import { jsonOf, renderEvent } from './render.ts';

/** Returns the signed webhook request of an event. @see https://docs.easypost.com/guides/webhooks-guide */
export function webhookMessage(event: EventRecord, secret: string, baseUrl: string): WebhookMessage {
  const body = jsonOf(renderEvent(event, true, baseUrl));
  const signature = createHmac('sha256', secret.normalize('NFKD')).update(body).digest('hex');
  return {
    body,
    headers: {
      'User-Agent': 'EasyPost Webhook Agent',
      'X-Hmac-Signature': `hmac-sha256-hex=${signature}`,
    },
  };
}
