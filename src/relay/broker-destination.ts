import type { Broker, OutboundMessage } from '../contracts/ports/broker.ts';
import type { EventDestination, OutboxEvent } from '../contracts/ports/event-destination.ts';
import { EVENTS_CHANNEL } from '../contracts/messages.ts';
import { CLOUD_EVENT_JSON, eventIdOf, toCloudEvent } from '../domain/cloud-event.ts';

/**
 * Adapts a broker to a destination of events.
 *
 * @throws {TypeError} if the broker cannot publish durably
 */
export function brokerDestination(broker: Broker): EventDestination {
  const { publish } = broker;
  if (!publish)
    throw new TypeError(`${broker.name} cannot be a destination of events: it does not store messages`);
  return {
    deliver: (events) => publish(events.map(toMessage)),
    async close() {
      await broker.pause();
      await broker.close();
    },
  };
}

const toMessage = (event: OutboxEvent): OutboundMessage => ({
  channel: EVENTS_CHANNEL,
  id: eventIdOf(event),
  type: event.type,
  key: event.orderId,
  contentType: CLOUD_EVENT_JSON,
  headers: event.traceparent === undefined ? {} : { traceparent: event.traceparent },
  body: Buffer.from(JSON.stringify(toCloudEvent(event))),
});
