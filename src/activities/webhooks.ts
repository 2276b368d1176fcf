import { activityInfo, ApplicationFailure, Context } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type {
  SendableDelivery,
  WebhookDeliveries,
  WebhookVerdict,
} from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import type { SentWebhook, WebhookSender } from '../adapters/webhooks/sender.ts';
import type { Mailer } from '../contracts/ports/mailer.ts';
import type { WebhookActivities, WebhookDeliveryState } from '../contracts/http/webhooks.ts';
import { pauseBefore } from '../domain/backoff.ts';
import { WEBHOOK_GIVE_UP_MS, webhookRetryPause } from '../domain/webhook-retries.ts';
import { CLOUD_EVENT_JSON, eventIdOf, toCloudEvent } from '../domain/cloud-event.ts';
import { createBulkhead } from './bulkhead.ts';
import { withHeartbeat } from './heartbeat.ts';
import { renderWebhookMail } from './mail-texts.ts';

export interface WebhookParts {
  deliveries: WebhookDeliveries;
  endpoints: WebhookEndpoints;
  sender: WebhookSender;
  mailer: Mailer;
}

/** Requests to one endpoint at a time, of this process: one that does not answer keeps nobody else waiting. */
const MAX_CONCURRENT_PER_ENDPOINT = 20;
/**
 * An endpoint at which nothing has arrived for so long is disabled when a delivery is given up. Less than the time that one is
 * tried, since its first failure, from which this counts, comes after its beginning. Milliseconds.
 */
const DISABLE_AFTER_MS = WEBHOOK_GIVE_UP_MS - 3_600_000;
const GONE = 410;
/** By another worker. */
const AT_ONCE_MS = 1;

/** Each is started by itself, without a workflow; what has to be tried again fails, and Temporal waits as long as it is told. */
export function createWebhookActivities({
  deliveries,
  endpoints,
  sender,
  mailer,
}: WebhookParts): WebhookActivities {
  const bulkhead = createBulkhead(MAX_CONCURRENT_PER_ENDPOINT);

  async function attempt(delivery: SendableDelivery): Promise<WebhookDeliveryState> {
    const { event, url, secrets } = delivery;
    const { cancellationSignal: stopping } = Context.current();
    const sent = await sender.send(
      {
        url,
        id: eventIdOf(event),
        contentType: CLOUD_EVENT_JSON,
        body: JSON.stringify(toCloudEvent(event)),
        secrets,
      },
      stopping,
    );
    // The worker ends, and has not waited for the answer: nothing is known of the endpoint.
    if (stopping.aborted && sent.attempt.status === undefined) throw tryAgain(AT_ONCE_MS, 'the worker ends');
    const verdict = verdictOf(delivery, sent);
    await deliveries.record(delivery, sent.attempt, verdict, DISABLE_AFTER_MS);
    if (verdict.state === 'pending') throw tryAgain(verdict.retryInMs, outcomeOf(sent));
    return verdict.state;
  }

  return {
    async deliverWebhook(deliveryId) {
      const delivery = await deliveries.find(deliveryId);
      if (!delivery) throw ApplicationFailure.nonRetryable('there is no such delivery', 'NoDelivery');
      if (delivery.state !== 'pending') return { state: delivery.state };
      if (delivery.endpointState !== 'enabled') {
        const reason = `endpoint_${delivery.endpointState}` as const;
        await deliveries.record(delivery, undefined, { state: 'failed', reason }, DISABLE_AFTER_MS);
        return { state: 'failed' };
      }
      const state = await bulkhead.run(delivery.endpointId, () => withHeartbeat(() => attempt(delivery)));
      if (state === undefined) {
        const pause = pauseBefore(activityInfo().attempt - 1, { firstMs: 1_000, maxMs: 60_000 });
        throw tryAgain(Math.round(pause * (0.8 + 0.4 * Math.random())), 'the endpoint has enough to answer');
      }
      return { state };
    },

    async notifyWebhookContact(endpointId) {
      const endpoint = await endpoints.find(endpointId);
      if (endpoint?.contact === undefined || endpoint.state === 'enabled') return;
      const { contact, stateSince } = endpoint;
      await mailer.send({
        messageId: `<${endpointId}.${stateSince.getTime()}@durable-checkout.example>`,
        to: { address: contact },
        ...renderWebhookMail(endpoint),
      });
      await endpoints.markContactNotified(endpointId);
    },
  };
}

function verdictOf(
  { attempts, triedBefore, since }: SendableDelivery,
  { attempt: { status = 0 }, retryAfterMs }: SentWebhook,
): WebhookVerdict {
  if (status >= 200 && status < 300) return { state: 'delivered' };
  if (status === GONE) return { state: 'failed', reason: 'endpoint_gone' };
  const failed = { attempts: attempts - triedBefore + 1, ageMs: Date.now() - since.getTime(), retryAfterMs };
  const retryInMs = webhookRetryPause(failed, Math.random());
  return retryInMs === undefined ? { state: 'failed', reason: 'gave_up' } : { state: 'pending', retryInMs };
}

const outcomeOf = ({ attempt: { status, error } }: SentWebhook): string =>
  status === undefined ? (error ?? 'no answer') : `the endpoint answered ${status}`;

/** Benign: that somebody else's server is away is no fault of ours, and no line a try in our log. */
const tryAgain = (inMs: number, message: string): ApplicationFailure =>
  ApplicationFailure.create({
    message,
    type: 'NotDelivered',
    nextRetryDelay: inMs,
    category: ApplicationFailureCategory.BENIGN,
  });
