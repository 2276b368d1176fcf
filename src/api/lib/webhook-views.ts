import type { SendableDelivery, WebhookDelivery } from '../../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoint } from '../../adapters/postgres/webhook-endpoints.ts';
import type {
  WebhookDeliverySummary,
  WebhookDeliveryView,
  WebhookEndpointView,
} from '../../contracts/http/webhooks.ts';
import { toCloudEvent } from '../../domain/cloud-event.ts';
import type { NumberedAttempt } from '../../webhooks/webhook-service.ts';

export function toEndpointView(endpoint: WebhookEndpoint): WebhookEndpointView {
  const { endpointId, url, events, description, contact, state, reason, failingSince, actor } = endpoint;
  return {
    endpointId,
    url,
    events,
    ...(description !== undefined && { description }),
    ...(contact !== undefined && { contact }),
    state,
    ...(reason !== undefined && { reason }),
    stateSince: endpoint.stateSince.toISOString(),
    ...(failingSince && { failingSince: failingSince.toISOString() }),
    ...(actor && { actor }),
    createdAt: endpoint.createdAt.toISOString(),
    updatedAt: endpoint.updatedAt.toISOString(),
  };
}

export function toDeliverySummary(delivery: WebhookDelivery): WebhookDeliverySummary {
  const { deliveryId, endpointId, orderId, sequence, type, state, reason, attempts } = delivery;
  const { createdAt, nextAttemptAt, settledAt } = delivery;
  return {
    deliveryId,
    endpointId,
    eventId: `${orderId}/${sequence}`,
    orderId,
    type,
    state,
    ...(reason !== undefined && { reason }),
    attempts,
    createdAt: createdAt.toISOString(),
    ...(nextAttemptAt && { nextAttemptAt: nextAttemptAt.toISOString() }),
    ...(settledAt && { settledAt: settledAt.toISOString() }),
  };
}

/** The body is made from the event at every attempt, and is the same each time. */
export const toDeliveryView = (
  delivery: SendableDelivery,
  attempts: readonly NumberedAttempt[],
): WebhookDeliveryView => ({
  ...toDeliverySummary(delivery),
  body: JSON.stringify(toCloudEvent(delivery.event)),
  tried: attempts.map(({ startedAt, ...attempt }) => ({ ...attempt, startedAt: startedAt.toISOString() })),
});
