import type { Client } from '@temporalio/client';
import type { WebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import type { WebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import type { DestinationPlan } from '../contracts/ports/event-destination.ts';
import type { Logger } from '../platform/logging.ts';
import { startDeliveryStarter } from './delivery-starter.ts';

export interface WebhookDestinationOptions {
  deliveries: WebhookDeliveries;
  endpoints: WebhookEndpoints;
  temporalClient: Client;
  logger: Logger;
}

/**
 * The destination of all webhook endpoints. Events are delivered to it when PostgreSQL has a delivery for each endpoint that
 * subscribes to them. Each delivery is then a Temporal activity of its own, so the endpoints receive events in no particular order.
 */
export const webhookDestination = ({
  deliveries,
  endpoints,
  temporalClient,
  logger,
}: WebhookDestinationOptions): DestinationPlan => ({
  name: 'webhooks',
  wanted: () => endpoints.any(),
  open() {
    const starter = startDeliveryStarter({ deliveries, endpoints, client: temporalClient, logger });
    return Promise.resolve({
      async deliver(events) {
        await deliveries.add(events);
        starter.wake();
      },
      close: () => starter.stop(),
    });
  },
});
