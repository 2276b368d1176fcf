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
 * The subscribers by webhook, as somewhere to bring events to: they are safe there once a delivery is written down for each
 * endpoint that wants them. Each is then an activity of its own, so they arrive in no particular order.
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
