import type {
  WebhookDeliverySummary,
  WebhookDeliveryView,
  WebhookEndpointView,
} from '../../contracts/http/webhooks.ts';
import { eventName } from './orders.ts';
import { drawPairs, drawTable } from './table.ts';
import { paint, type Output } from './terminal.ts';

export const drawEndpoints = (stream: Output, endpoints: readonly WebhookEndpointView[]): string =>
  drawTable(
    stream,
    ['endpoint', 'url', 'events', 'state', 'since'].map((title) => ({ title })),
    endpoints.map(({ endpointId, url, events, state, reason, stateSince, failingSince }) => [
      endpointId,
      url,
      events.length === 0 ? 'all' : events.map(eventName).join(' '),
      [state, reason, ...(failingSince === undefined || state !== 'enabled' ? [] : ['failing'])]
        .filter((part) => part !== undefined)
        .join(', '),
      failingSince ?? stateSince,
    ]),
  );

export const drawDeliveries = (stream: Output, deliveries: readonly WebhookDeliverySummary[]): string =>
  drawTable(
    stream,
    ['delivery', 'event', 'state', 'attempts', 'created', 'next attempt'].map((title) => ({ title })),
    deliveries.map(({ deliveryId, type, state, reason, attempts, createdAt, nextAttemptAt }) => [
      deliveryId,
      eventName(type),
      reason === undefined ? state : `${state}: ${reason}`,
      String(attempts),
      createdAt,
      nextAttemptAt ?? '',
    ]),
  );

/** One delivery in full, with its body and the answer to each attempt. */
export function drawDelivery(stream: Output, delivery: WebhookDeliveryView): string {
  const { deliveryId, endpointId, eventId, type, state, reason, attempts, tried, body } = delivery;
  const pairs = drawPairs(stream, [
    ['delivery', deliveryId],
    ['to', endpointId],
    ['event', `${eventId} ${eventName(type)}`],
    ['state', reason === undefined ? state : `${state}: ${reason}`],
    ['attempts', String(attempts)],
    ...(delivery.nextAttemptAt === undefined ? [] : [['next attempt', delivery.nextAttemptAt] as const]),
  ]);
  const lines = tried.map(({ attempt, startedAt, durationMs, status, answer, error }) => {
    const outcome = status === undefined ? (error ?? '') : `${status} ${answer ?? ''}`;
    return `${paint(stream, 'dim', startedAt)}  ${String(attempt).padStart(3)}  ${durationMs} ms  ${outcome}`.trimEnd();
  });
  return [pairs, '', ...lines, '', body].join('\n');
}
