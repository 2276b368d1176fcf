import type { OutboxEvent } from '../contracts/ports/event-destination.ts';
import { publicFieldsOf } from './public-event-fields.ts';

export const CLOUD_EVENT_JSON = 'application/cloudevents+json; charset=utf-8';

/** The id of an event outside this system, by which receivers recognise duplicates. */
export const eventIdOf = ({ orderId, sequence }: OutboxEvent): string => `${orderId}/${sequence}`;

/**
 * A CloudEvent in structured mode. `sequence` counts the events of one order, and `partitionkey` keeps them together;
 * `cursor` is the position among all events, from which a receiver can ask for later ones; `traceparent` is the trace of the order, where
 * it has one. Every event that leaves the
 * system is made here, so its data holds public fields only: see {@link publicFieldsOf}.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function toCloudEvent(event: OutboxEvent): Record<string, unknown> {
  const { cursor, orderId, sequence, type, occurredAt, traceparent } = event;
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
    ...(traceparent !== undefined && { traceparent }),
    data: publicFieldsOf(event),
  };
}
