import type { Logger } from 'pino';
import { Publisher } from 'zeromq';
import type { EventDestination } from '../../contracts/ports/event-destination.ts';
import { toCloudEvent } from '../../domain/cloud-event.ts';
import { endpointOf } from './endpoint.ts';
import { socketSecurityOf } from './curve-server.ts';

export interface ZeroMqPublisherOptions {
  /** See {@link endpointOf}. */
  events: string;
  logger: Logger;
}

/** A follower that is slower than this many events behind misses some, and asks for them. */
const KEPT_FOR_A_FOLLOWER = 100_000;

/**
 * A PUB of two frames an event: its type, by which a follower may subscribe, and the CloudEvent. Nobody confirms anything here: who
 * was not there, or was too slow, sees by `sequence` and `cursor` that it has missed some, and asks the ROUTER for them.
 */
export async function openZeroMqPublisher({ events, logger }: ZeroMqPublisherOptions): Promise<EventDestination> {
  const endpoint = endpointOf(events);
  const { options, gatekeeper } = await socketSecurityOf(endpoint, 'can follow all orders', logger);
  const socket = new Publisher({ ...options, linger: 1_000, sendHighWaterMark: KEPT_FOR_A_FOLLOWER });
  await socket.bind(endpoint.address);
  return {
    async deliver(some) {
      for (const event of some) await socket.send([event.type, JSON.stringify(toCloudEvent(event))]);
    },
    close() {
      socket.close();
      gatekeeper?.close();
      return Promise.resolve();
    },
  };
}
