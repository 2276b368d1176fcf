import type { Client } from '@temporalio/client';
import { openBrokers } from '../adapters/brokers/brokers.ts';
import { createDeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import { startIntake } from '../intake/intake.ts';
import { createOrderModule } from './create-order-module.ts';
import type { Config } from '../platform/config.ts';
import { createReplayEvents } from '../relay/replay-feed.ts';
import type { Logger } from '../platform/logging.ts';

export interface IntakeProcessOptions {
  config: Config;
  databaseUrl: string;
  /** Made from the worker's NativeConnection where a worker runs in this process, so that orders start eagerly. */
  temporalClient: Client;
  logger: Logger;
}

export interface RunningIntake {
  /** What is in hand is done, or left to be delivered again. */
  close(): Promise<void>;
}

/** Below the grace time of the process. Milliseconds. */
const GRACE_MS = 5_000;

/** Takes commands from every broker that is configured. */
export async function openIntake(options: IntakeProcessOptions): Promise<RunningIntake> {
  const { config, databaseUrl, temporalClient, logger } = options;
  const { batching, policy, brokers: addresses, intake: settings, http } = config;
  const opened = await createOrderModule({
    databaseUrl,
    temporalClient,
    batching,
    policy,
    logger,
  });
  const { orders, catalogue, pool } = opened;
  const intake = await startIntake({
    brokers: await openBrokers(addresses, createReplayEvents(pool), logger),
    deadLetters: createDeadLetterStore(pool),
    orders,
    catalogue,
    bodyLimitBytes: http.bodyLimitBytes,
    ...settings,
    logger,
  });
  return {
    async close() {
      await intake.stop(GRACE_MS);
      await opened.close();
    },
  };
}
