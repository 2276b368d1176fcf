import { createOrderStages } from '../adapters/postgres/order-stages.ts';
import { fulfilmentDestination } from '../fulfilment/fulfilment-destination.ts';
import type { Logger } from '../platform/logging.ts';
import { combinedDestination } from '../relay/combined-destination.ts';
import { destinationsOf } from '../relay/destinations.ts';
import { startRelay, type Relay } from '../relay/relay.ts';
import { returnDestination } from '../returns/return-destination.ts';
import { webhookDestination } from '../webhooks/webhook-destination.ts';
import type { ProcessConfig } from './process-config.ts';
import { observed, type Resources } from './resources.ts';

/** Nobody waits for the start of a fulfilment, and most events concern none. */
const FULFILMENT_INTERVAL_MS = 250;

/**
 * Delivers events to the brokers, to the webhook endpoints and to the workflows of shipments and returns. `undefined`: not a role of
 * this process.
 *
 * The relay has a connection of its own for each destination that it leases: the lease is an advisory lock of that session,
 * and the destination's position is read and moved in the same session, so that a relay which has lost its lease can no
 * longer move it. The same connection listens for new events.
 */
export function openRelay(
  {
    client: temporalClient,
    fulfilments,
    pool,
    returns,
    stores: { deliveries, endpoints, shipments },
    telemetry,
    tracing,
  }: Resources,
  { roles, databaseUrl, brokers, relay: { start } }: ProcessConfig,
  logger: Logger,
): Relay | undefined {
  if (!roles.includes('relay')) return undefined;
  // From the beginning: an order that was paid before the first start has to be shipped, too.
  const fulfilment = combinedDestination(
    { name: 'fulfilment', start: 'beginning', intervalMs: FULFILMENT_INTERVAL_MS },
    [
      fulfilmentDestination({ shipments, fulfilments, inTraceOf: tracing?.inTraceOf }),
      returnDestination({ returns }),
    ],
  );
  const others = [
    ...destinationsOf(brokers, logger).map((plan) => observed(plan, tracing?.destination)),
    webhookDestination({ deliveries, endpoints, temporalClient, logger }),
  ];
  const destinations = [
    telemetry?.orderDestination(fulfilment, createOrderStages(pool)) ?? fulfilment,
    ...others.map((plan) => observed(plan, telemetry?.destination)),
  ];
  return startRelay({ databaseUrl, destinations, start, withTraces: tracing !== undefined, logger });
}
