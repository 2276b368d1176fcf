import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { createAuditLog } from '../adapters/postgres/audit/audit-log.ts';
import { createDeadLetterStore } from '../adapters/postgres/dead-letters.ts';
import { createMailLog } from '../adapters/postgres/mail-log.ts';
import { createStatsReader } from '../adapters/postgres/stats-reader.ts';
import { createWebhookDeliveries } from '../adapters/postgres/webhook-deliveries.ts';
import { createWebhookEndpoints } from '../adapters/postgres/webhook-endpoints.ts';
import { createDeadLetterService } from '../intake/dead-letter-service.ts';
import { createWebhookService } from '../webhooks/webhook-service.ts';
import { createAuditClient } from '../orders/temporal/audit-client.ts';
import { createOrderModule } from '../app/create-order-module.ts';
import { ConfigurationError, originOf, type Config } from '../platform/config.ts';
import { developmentKey } from './api-keys.ts';
import { buildApp } from './app.ts';

export interface ApiOptions {
  /** `databaseUrl` and `apiKey` must be set. */
  config: Config;
  logger: Logger;
  /** Made from the worker's NativeConnection where a worker runs in this process, so that orders start eagerly. */
  temporalClient: Client;
  /** Default: the origin of the payment provider, where that is not Stripe's own. */
  sandboxUrl?: string | undefined;
}

export interface RunningApi {
  /** Where it listens, for example http://127.0.0.1:3000. */
  url: string;
  /** Answers who is being served and waits, ends the live streams, and lets go of PostgreSQL. Safe to call twice. */
  close(): Promise<void>;
}

const STRIPE = 'https://api.stripe.com';
/** Milliseconds. */
const HEALTH_DEADLINE_MS = 1_500;

/** Brings up the HTTP interface with everything that it needs but Temporal. Rejects if it cannot listen. */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { config, logger, temporalClient: client } = options;
  const url = required('DATABASE_URL', config.databaseUrl);
  const apiKeys = developmentKey(required('CHECKOUT_API_KEY', config.apiKey));

  const opened = await createOrderModule({
    databaseUrl: url,
    temporalClient: client,
    batching: config.batching,
    policy: config.policy,
    logger,
  });
  const { orders, reader, catalogue, feed, pool } = opened;
  const app = await buildApp({
    orders,
    reader,
    catalogue,
    mailLog: createMailLog(pool),
    stats: createStatsReader(pool),
    audits: createAuditClient(client, createAuditLog(pool)),
    deadLetters: createDeadLetterService({
      store: createDeadLetterStore(pool),
      orders,
      catalogue,
      clientId: config.intake.clientId,
      bodyLimitBytes: config.http.bodyLimitBytes,
    }),
    webhooks: createWebhookService({
      endpoints: createWebhookEndpoints(pool),
      deliveries: createWebhookDeliveries(pool),
      allowPrivate: config.webhooks.allowPrivate,
    }),
    feed,
    apiKeys,
    healthChecks: {
      postgres: () => pool.query('select 1'),
      temporal: () =>
        client.withDeadline(Date.now() + HEALTH_DEADLINE_MS, () =>
          client.workflowService.describeNamespace({ namespace: client.options.namespace }),
        ),
    },
    http: config.http,
    stripeWebhookSecret: config.stripe.webhookSecret,
    sandboxUrl: options.sandboxUrl ?? sandboxOf(config),
    logger,
  });
  app.addHook('onClose', () => opened.close());

  try {
    await app.listen({ host: config.http.host, port: config.http.port });
  } catch (error) {
    await app.close();
    throw error;
  }
  const [listening] = app.addresses();
  const address = originOf(
    config.http.host,
    typeof listening === 'object' ? listening.port : config.http.port,
  );
  logger.info({ url: address }, 'the API listens');
  let closing: Promise<void> | undefined;
  return {
    url: address,
    close: () => (closing ??= app.close()),
  };
}

const sandboxOf = ({ stripe: { apiBase } }: Config): string | undefined =>
  apiBase === STRIPE ? undefined : apiBase;

function required(name: string, value: string | undefined): string {
  if (value === undefined) throw new ConfigurationError(`${name} must be set for the API.`);
  return value;
}
