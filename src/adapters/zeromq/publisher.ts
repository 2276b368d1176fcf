import type { Logger } from 'pino';
import { Publisher } from 'zeromq';
import type { EventDestination } from '../../contracts/ports/event-destination.ts';
import { toCloudEvent } from '../../domain/cloud-event.ts';
import { endpointOf } from './endpoint.ts';
import { secureSocket } from './socket-security.ts';

export interface ZeroMqPublisherOptions {
  /** See {@link endpointOf}. */
  events: string;
  logger: Logger;
}

/** A subscriber that is more than this many events behind misses some, and has to request a replay. */
const MAX_QUEUED_EVENTS = 100_000;

/**
 * Opens a PUB socket that sends two frames for each event: its type, by which subscribers filter, and the CloudEvent. Subscribers confirm
 * nothing. A subscriber that was not connected, or was too slow, sees by `sequence` and `cursor` that it has missed events, and requests
 * them from the ROUTER socket.
 */
export async function openZeroMqPublisher({
  events,
  logger,
}: ZeroMqPublisherOptions): Promise<EventDestination> {
  const endpoint = endpointOf(events);
  const { options, authenticator } = await secureSocket(
    endpoint,
    'can read the events of all orders',
    logger,
  );
  const socket = new Publisher({ ...options, linger: 1_000, sendHighWaterMark: MAX_QUEUED_EVENTS });
  const close = (): void => {
    socket.close();
    authenticator?.close();
  };
  try {
    await socket.bind(endpoint.address);
  } catch (error) {
    close(); // the relay opens it again, and again, until the port is free
    throw error;
  }
  return {
    async deliver(batch) {
      for (const event of batch) await socket.send([event.type, JSON.stringify(toCloudEvent(event))]);
    },
    close() {
      close();
      return Promise.resolve();
    },
  };
}
