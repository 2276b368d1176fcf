import type { OutboxEvent } from '../contracts/ports/event-destination.ts';
import { toldOf } from './public-event-fields.ts';

export const CLOUD_EVENT_JSON = 'application/cloudevents+json; charset=utf-8';

/** The event's id for everyone outside: by it they know doubles. */
export const eventIdOf = ({ orderId, sequence }: OutboxEvent): string => `${orderId}/${sequence}`;

/**
 * A CloudEvent in structured mode. `sequence` counts within the order, and `partitionkey` keeps the events of one together;
 * `cursor` is its place among all events, for whoever asks for those behind it. Whatever leaves the shop is made here, so it tells
 * nobody's own words: see {@link toldOf}.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function toCloudEvent(event: OutboxEvent): Record<string, unknown> {
  const { cursor, orderId, sequence, type, occurredAt } = event;
  return {
    specversion: '1.0',
    id: eventIdOf(event),
    source: '/durable-checkout',
    type,
    subject: orderId,
    time: occurredAt.toISOString(),
    datacontenttype: 'application/json',
    sequence,
    partitionkey: orderId,
    cursor,
    data: toldOf(event),
  };
}
