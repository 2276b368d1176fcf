import { hasBrokers, openBrokers } from '../adapters/brokers/brokers.ts';
import { chargeRules } from '../adapters/stripe/amounts.ts';
import { createFulfilmentService } from '../fulfilment/fulfilment-service.ts';
import { startIntake } from '../intake/intake.ts';
import type { Logger } from '../platform/logging.ts';
import { createReplayEvents } from '../relay/replay-feed.ts';
import type { ProcessConfig } from './process-config.ts';
import { observed, type Resources } from './resources.ts';

export interface RunningIntake {
  /** Completes the messages in progress, or leaves them with their broker, which delivers them again. */
  close(): Promise<void>;
}

/** Below the grace time of the process. Milliseconds. */
const GRACE_MS = 5_000;

/** Takes commands from every broker that is configured. `undefined`: this process takes none. */
export async function openIntake(
  resources: Resources,
  { roles, brokers: addresses, intake: settings, http }: ProcessConfig,
  logger: Logger,
): Promise<RunningIntake | undefined> {
  if (!roles.includes('intake') || !hasBrokers(addresses)) return undefined;
  const { pool, fulfilments, stores, stockSync, telemetry, tracing } = resources;
  const { orders, returns } = await resources.createOrderModule();
  const opened = await openBrokers(addresses, createReplayEvents(pool), logger);
  const intake = await startIntake({
    brokers: opened.map((broker) => observed(observed(broker, telemetry?.broker), tracing?.broker)),
    deadLetters: stores.deadLetters,
    orders,
    returns,
    catalogue: stores.catalogue,
    chargeRules,
    stockSync,
    fulfilment: createFulfilmentService({
      shipments: stores.shipments,
      fulfilments,
      findOrder: orders.find,
      logger,
    }),
    bodyLimitBytes: http.bodyLimitBytes,
    ...settings,
    logger,
  });
  return { close: () => intake.stop(GRACE_MS) };
}
