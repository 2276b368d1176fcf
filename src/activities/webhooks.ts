import { activityInfo, ApplicationFailure, Context, log } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type {
  SendableDelivery,
  WebhookDeliveries,
  WebhookOutcome,
} from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import type { SentWebhook, WebhookSender } from '../adapters/webhooks/sender.ts';
import { MailRefused, type Mailer } from '../contracts/ports/mailer.ts';
import type { WebhookActivities, WebhookDeliveryState } from '../contracts/http/webhooks.ts';
import { pauseBefore } from '../domain/backoff.ts';
import { WEBHOOK_GIVE_UP_MS, webhookRetryPause } from '../domain/webhook-retries.ts';
import { CLOUD_EVENT_JSON, eventIdOf, toCloudEvent } from '../domain/cloud-event.ts';
import { createBulkhead } from './bulkhead.ts';
import { withHeartbeat } from './heartbeat.ts';
import { renderWebhookMail } from './webhook-mail.ts';

export interface WebhookParts {
  deliveries: WebhookDeliveries;
  endpoints: WebhookEndpoints;
  sender: WebhookSender;
  mailer: Mailer;
}

/** Maximum number of concurrent requests of this process to one endpoint, so that a slow endpoint does not delay the others. */
const MAX_CONCURRENT_PER_ENDPOINT = 20;
/**
 * When a delivery is given up, its endpoint is disabled if no delivery to it has succeeded for this long. It is less than the time for
 * which a delivery is tried, because it counts from the first failure, which comes after the delivery began. Milliseconds.
 */
const DISABLE_AFTER_MS = WEBHOOK_GIVE_UP_MS - 3_600_000;
const GONE = 410;
/** A retry without a pause, which another worker runs. */
const IMMEDIATE_RETRY_MS = 1;

/**
 * Each activity is started by itself, without a workflow. A delivery that has to be retried fails, and its failure tells Temporal when
 * the next attempt is due.
 */
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
        eventType: event.type,
        ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
        body: JSON.stringify(toCloudEvent(event)),
        secrets,
      },
      stopping,
    );
    // The worker shuts down and did not wait for the response, so this attempt says nothing about the endpoint.
    if (stopping.aborted && sent.attempt.status === undefined)
      throw notDelivered(IMMEDIATE_RETRY_MS, 'The worker shuts down');
    const outcome = outcomeOf(delivery, sent);
    await deliveries.record(delivery, sent.attempt, outcome, DISABLE_AFTER_MS);
    if (outcome.state === 'pending') throw notDelivered(outcome.retryInMs, describe(sent));
    return outcome.state;
  }

  return {
    async deliverWebhook(deliveryId) {
      const delivery = await deliveries.find(deliveryId);
      if (!delivery)
        throw ApplicationFailure.nonRetryable(`There is no delivery ${deliveryId}`, 'NoDelivery');
      if (delivery.state !== 'pending') return { state: delivery.state };
      if (delivery.endpointState !== 'enabled') {
        const reason = `endpoint_${delivery.endpointState}` as const;
        await deliveries.record(delivery, undefined, { state: 'failed', reason }, DISABLE_AFTER_MS);
        return { state: 'failed' };
      }
      const state = await bulkhead.run(delivery.endpointId, () => withHeartbeat(() => attempt(delivery)));
      if (state === undefined) {
        const pause = pauseBefore(activityInfo().attempt - 1, { firstMs: 1_000, maxMs: 60_000 });
        throw notDelivered(
          Math.round(pause * (0.8 + 0.4 * Math.random())),
          `The endpoint has ${MAX_CONCURRENT_PER_ENDPOINT} requests in progress`,
        );
      }
      return { state };
    },

    async notifyWebhookContact(endpointId) {
      const endpoint = await endpoints.find(endpointId);
      if (endpoint?.contact === undefined || endpoint.state === 'enabled') return;
      const { contact, stateSince } = endpoint;
      await withHeartbeat(async () => {
        try {
          await mailer.send({
            messageId: mailer.messageId(`${endpointId}.${stateSince.getTime()}`),
            to: { address: contact },
            ...renderWebhookMail(endpoint),
          });
        } catch (error) {
          // Nobody can be reached there.
          if (!(error instanceof MailRefused)) throw error;
          log.warn('the mail server refuses the contact of a webhook endpoint', {
            endpointId,
            code: error.code,
          });
        }
      });
      await endpoints.markContactNotified(endpointId);
    },
  };
}

function outcomeOf(
  { attempts, triedBefore, since }: SendableDelivery,
  { attempt: { status = 0 }, retryAfterMs }: SentWebhook,
): WebhookOutcome {
  if (status >= 200 && status < 300) return { state: 'delivered' };
  if (status === GONE) return { state: 'failed', reason: 'endpoint_gone' };
  const failed = { attempts: attempts - triedBefore + 1, ageMs: Date.now() - since.getTime(), retryAfterMs };
  const retryInMs = webhookRetryPause(failed, Math.random());
  return retryInMs === undefined ? { state: 'failed', reason: 'gave_up' } : { state: 'pending', retryInMs };
}

const describe = ({ attempt: { status, error } }: SentWebhook): string =>
  status === undefined
    ? `The endpoint did not respond (${error ?? 'no answer'})`
    : `The endpoint responded ${status}`;

/** A failure of category BENIGN, which the worker does not log: that a subscriber's server is unavailable is no fault of ours. */
const notDelivered = (inMs: number, message: string): ApplicationFailure =>
  ApplicationFailure.create({
    message,
    type: 'NotDelivered',
    nextRetryDelay: inMs,
    category: ApplicationFailureCategory.BENIGN,
  });
