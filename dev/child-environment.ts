import { join } from 'node:path';
import type { CheckoutPolicy } from '../src/contracts/temporal/checkout.ts';
import { type Config, originOf } from '../src/platform/config.ts';

/** The addresses and secrets that the application needs to connect to the other parts. */
export interface AppConnections {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
}

/** Returns the environment of the application: this process's own, overridden by the complete, validated configuration. */
export function appEnvironment(config: Config, connections: AppConnections): NodeJS.ProcessEnv {
  return {
    ...process.env,
    HOST: config.http.host,
    PORT: String(config.http.port),
    METRICS_PORT: config.metrics.enabled ? String(config.metrics.port ?? '') : '0',
    PUBLIC_URL: config.publicUrl,
    LINK_TEMPORAL: config.links.temporal ?? '',
    LINK_TRACE: config.links.trace ?? '',
    LINK_PROVIDER: config.links.provider ?? '',
    RATE_LIMIT_PER_MINUTE: String(config.http.rateLimitPerMinute),
    BODY_LIMIT_BYTES: String(config.http.bodyLimitBytes),
    CORS_ORIGINS: config.http.corsOrigins.join(','),
    DATABASE_URL: connections.databaseUrl,
    DATABASE_POOL_SIZE: String(config.databasePoolSize),
    TEMPORAL_ADDRESS: connections.temporalAddress,
    TEMPORAL_NAMESPACE: config.temporal.namespace,
    CHECKOUT_ROLES: config.roles.join(','),
    CHECKOUT_API_KEY: connections.apiKey,
    CHECKOUT_DATA_DIR: config.embedded.dataDir,
    STRIPE_API_KEY: config.stripe.apiKey,
    STRIPE_API_BASE: config.stripe.apiBase,
    STRIPE_WEBHOOK_SECRET: connections.webhookSecret,
    STRIPE_TIMEOUT_MS: String(config.stripe.timeoutMs),
    EASYPOST_API_KEY: config.easypost.apiKey,
    EASYPOST_API_BASE: config.easypost.apiBase,
    EASYPOST_WEBHOOK_SECRET: config.easypost.webhookSecret ?? connections.webhookSecret,
    FULFILMENT: config.fulfilment.mode,
    SHIPPING_SERVICE: config.fulfilment.service,
    RETURN_WINDOW_MS: String(config.fulfilment.returnWindowMs),
    STOCK_ALLOCATION: config.stock.allocation,
    STOCK_ALERT_DELAY_MS: String(config.stock.alertDelayMs),
    SMTP_URL: config.mail.smtpUrl,
    MAIL_FROM: config.mail.from,
    MAIL_REPLY_TO: config.mail.replyTo ?? '',
    MAIL_ALERTS_TO: config.mail.alertsTo ?? '',
    MAIL_RATE_PER_SECOND: String(config.mail.ratePerSecond),
    SHOP_NAME: config.shop.name,
    SHOP_URL: config.shop.url ?? '',
    SHOP_LOGO_URL: config.shop.logoUrl ?? '',
    SHOP_COLOR: config.shop.color,
    AMQP_URL: config.brokers.amqpUrl ?? '',
    KAFKA_BROKERS: config.brokers.kafkaBrokers ?? '',
    ZEROMQ_COMMANDS: config.brokers.zeromqCommands ?? '',
    ZEROMQ_EVENTS: config.brokers.zeromqEvents ?? '',
    RELAY_START: config.relay.start,
    WEBHOOKS_ALLOW_PRIVATE: config.webhooks.allowPrivate ? 'yes' : 'no',
    INTAKE_CLIENT: config.intake.clientId,
    INTAKE_CONCURRENCY: String(config.intake.concurrency),
    INTAKE_RETRY_FOR_MS: String(config.intake.retryForMs),
    ...policyVariables(config.policy),
    CAPTURE_WARNING_MS: String(config.captureWarningMs),
    CHECKOUT_BATCHING: config.batching.mode,
    CHECKOUT_BATCH_SIZE: String(config.batching.maxSize),
    CHECKOUT_MAX_CONCURRENT_BATCHES: String(config.batching.maxConcurrentBatches),
    CHECKOUT_MAX_QUEUED_ORDERS: String(config.batching.maxQueued),
    AUDIT_SCHEDULE: config.auditSchedule ?? 'off',
    DEAD_LETTER_RETENTION_MS: String(config.retention.deadLetterMs),
    WEBHOOK_RETENTION_MS: String(config.retention.webhookMs),
    STOCK_ALERT_RETENTION_MS: String(config.retention.stockAlertMs),
    AUDIT_RETENTION_MS: String(config.retention.auditMs),
    CLAIM_RETENTION_MS: String(config.retention.claimMs),
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat ?? '',
  };
}

function policyVariables({ paymentDeadlineMs, capture, review }: CheckoutPolicy): NodeJS.ProcessEnv {
  return {
    PAYMENT_DEADLINE_MS: String(paymentDeadlineMs),
    PAYMENT_CAPTURE: capture ?? 'at_once',
    ...(review && {
      REVIEW_ABOVE: Object.entries(review.above)
        .map(([currency, amount]) => `${currency}=${amount}`)
        .join(','),
      REVIEW_QUANTITY_ABOVE: review.quantityAbove === undefined ? '' : String(review.quantityAbove),
      REVIEW_COUNTRIES: review.countries.join(','),
      REVIEW_DEADLINE_MS: String(review.deadlineMs),
    }),
  };
}

/** Returns the environment of the sandbox: this process's own, overridden by the settings of the sandbox. */
export function sandboxEnvironment(config: Config, webhookSecret: string): NodeJS.ProcessEnv {
  const api = originOf(config.http.host, config.http.port);
  return {
    ...process.env,
    HOST: config.http.host,
    SANDBOX_PORT: String(config.embedded.sandboxPort),
    SMTP_PORT: String(config.embedded.smtpPort),
    SANDBOX_DATA_DIR: join(config.embedded.dataDir, 'sandbox'),
    SANDBOX_WEBHOOK_URL: `${api}/v1/webhooks/stripe`,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    SANDBOX_EASYPOST_WEBHOOK_URL: `${api}/v1/webhooks/easypost`,
    EASYPOST_WEBHOOK_SECRET: config.easypost.webhookSecret ?? webhookSecret,
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat ?? '',
  };
}
