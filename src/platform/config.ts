import { envSchema } from 'env-schema';
import type { CheckoutPolicy } from '../contracts/temporal/checkout.ts';
import type { FulfilmentPolicy } from '../contracts/fulfilment-policy.ts';
import type { Links } from '../contracts/http/links.ts';
import type { ShopIdentity } from '../contracts/shop-identity.ts';
import type { BatchingPolicy } from '../contracts/batching-policy.ts';
import { listOf, unusableVariables } from './config-checks.ts';
import { ConfigurationError } from './configuration-error.ts';
import {
  type Environment,
  environmentSchema,
  isSecret,
  isVariable,
  type LogFormat,
  type LogLevel,
  type Role,
  roles,
  acceptedValuesOf,
  type Variable,
} from './environment.ts';
import { linksOf } from './links.ts';
import { originOf } from './origin.ts';
import { tracingOf, type TracingConfig } from './tracing-config.ts';
import { variablesOf } from './variables.ts';

const DAY_MS = 86_400_000;

export { type LogFormat, type LogLevel, type Role, roles } from './environment.ts';
// In files of their own, so that the checkout command does not load the schema of the environment for them.
export { ConfigurationError } from './configuration-error.ts';
export { originOf } from './origin.ts';

/** The validated configuration of a process. Times are in milliseconds. */
export interface Config {
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly rateLimitPerMinute: number;
    readonly bodyLimitBytes: number;
    /** The origins of pages that may call the API from a browser. */
    readonly corsOrigins: readonly string[];
  };
  /** Metrics for Prometheus. `port` undefined: the first free one from 9464. */
  readonly metrics: { readonly enabled: boolean; readonly port: number | undefined };
  /** Undefined: there are no traces, and no code of them is loaded. */
  readonly tracing: TracingConfig | undefined;
  /** The address of the API for customers, to which links in mails lead. It has no slash at its end. */
  readonly publicUrl: string;
  /** Templates of the pages of other systems, for the board. What is undefined has none. */
  readonly links: Links;
  /** Undefined: `npm start` starts its own PostgreSQL. A process that is started by itself needs it. */
  readonly databaseUrl: string | undefined;
  /** Connections of the process' pool at most; docs/guides/run.md says which others a process opens. */
  readonly databasePoolSize: number;
  /** `address` undefined: `npm start` starts its own Temporal server. @temporalio/envconfig reads Temporal's other client settings. */
  readonly temporal: { readonly address: string | undefined; readonly namespace: string };
  readonly roles: readonly Role[];
  /** A fixed development key with every scope. Undefined: `npm start` generates one and keeps it. */
  readonly apiKey: string | undefined;
  readonly stripe: {
    readonly apiKey: string;
    readonly apiBase: string;
    readonly webhookSecret: string | undefined;
    readonly timeoutMs: number;
  };
  /** The carrier. */
  readonly easypost: {
    readonly apiKey: string;
    readonly apiBase: string;
    readonly webhookSecret: string | undefined;
  };
  readonly fulfilment: FulfilmentPolicy;
  readonly stock: {
    /** Which location is tried first where no single one has everything. */
    readonly allocation: 'location_order' | 'most_stock';
    /** How long an item has to be low before an alert is raised. */
    readonly alertDelayMs: number;
  };
  readonly mail: {
    readonly smtpUrl: string;
    readonly from: string;
    readonly replyTo: string | undefined;
    /** Undefined: nobody is sent alerts of low stock by mail. */
    readonly alertsTo: string | undefined;
    readonly ratePerSecond: number;
  };
  /** How the shop presents itself in mails. */
  readonly shop: ShopIdentity;
  /** The message brokers. Undefined: the broker is not used. */
  readonly brokers: {
    readonly amqpUrl: string | undefined;
    readonly kafkaBrokers: string | undefined;
    readonly zeromqCommands: string | undefined;
    readonly zeromqEvents: string | undefined;
  };
  /** Which events a new destination receives: all from the beginning, or only those from now on. */
  readonly relay: { readonly start: 'beginning' | 'now' };
  readonly webhooks: {
    /** Whether webhooks may be sent by plain http, and to addresses that are not public. */
    readonly allowPrivate: boolean;
  };
  readonly intake: {
    /** The client id that orders by message belong to. */
    readonly clientId: string;
    readonly concurrency: number;
    /** A message whose command still fails after this time becomes a dead letter. */
    readonly retryForMs: number;
  };
  /** Every new order keeps the policy that it was placed under. */
  readonly policy: CheckoutPolicy;
  /** An authorisation that ends so soon and is not captured needs attention. Milliseconds. */
  readonly captureWarningMs: number;
  /** How many orders share a workflow when they arrive at the same time. */
  readonly batching: BatchingPolicy;
  /** When the audit runs: a cron expression in UTC. Undefined: only when it is started by hand. */
  readonly auditSchedule: string | undefined;
  /** How far back an audit goes that is not told, in milliseconds. */
  readonly auditWindowMs: number;
  /** How long settled rows are kept. Milliseconds. */
  readonly retention: {
    readonly deadLetterMs: number;
    readonly webhookMs: number;
    readonly stockAlertMs: number;
    readonly auditMs: number;
    readonly claimMs: number;
  };
  readonly logLevel: LogLevel;
  /** Undefined: `pretty` where the log goes to a terminal, and `json` elsewhere. */
  readonly logFormat: LogFormat | undefined;
  /** Settings of `npm start` only: the ports and the data folder of the servers that it starts. */
  readonly embedded: {
    readonly dataDir: string;
    readonly postgresPort: number;
    readonly temporalPort: number;
    readonly temporalUiPort: number;
    /** Undefined: any port that is free. */
    readonly temporalMetricsPort: number | undefined;
    readonly temporalCli: string | undefined;
    readonly sandboxPort: number;
    readonly smtpPort: number;
    /** False where Stripe, the mail server and the carrier are all configured. */
    readonly sandbox: boolean;
  };
}

/**
 * Reads and validates the environment. Variables that it does not have are read from the file `.env` in the working folder, if
 * there is one. An empty value counts as unset, since Docker Compose passes on unset variables so.
 * @throws {ConfigurationError} naming each variable that is not valid, and what it takes
 */
export function loadConfig(
  env: NodeJS.ProcessEnv = process.env,
  dotenv = env === process.env ? '.env' : undefined,
): Config {
  return fromEnvironment(checked(variablesOf(env, dotenv)));
}

/** For main files: runs `load`, or prints the one line of a {@link ConfigurationError} and ends the process with 1. */
export function configOrExit<C>(load: () => C): C {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function fromEnvironment(env: Environment): Config {
  const stripeApiBase = env.STRIPE_API_BASE?.replace(/\/$/, '');
  if (stripeApiBase !== undefined && env.STRIPE_API_KEY === undefined)
    throw new ConfigurationError(
      `STRIPE_API_KEY must be set when STRIPE_API_BASE is: it takes ${acceptedValuesOf('STRIPE_API_KEY')}.`,
    );
  if (stripeApiBase === undefined && /^.k_live_/.test(env.STRIPE_API_KEY ?? ''))
    throw new ConfigurationError(
      'STRIPE_API_BASE must be set when STRIPE_API_KEY is a live key, which must not reach the sandbox: https://api.stripe.com.',
    );
  const easypostApiBase = env.EASYPOST_API_BASE?.replace(/\/$/, '');
  if (easypostApiBase !== undefined && env.EASYPOST_API_KEY === undefined)
    throw new ConfigurationError(
      `EASYPOST_API_KEY must be set when EASYPOST_API_BASE is: it takes ${acceptedValuesOf('EASYPOST_API_KEY')}.`,
    );
  if (easypostApiBase === undefined && env.EASYPOST_API_KEY?.startsWith('EZAK') === true)
    throw new ConfigurationError(
      'EASYPOST_API_BASE must be set when EASYPOST_API_KEY is a production key, which must not reach the sandbox: https://api.easypost.com.',
    );
  const sandbox =
    stripeApiBase === undefined ||
    env.SMTP_URL === undefined ||
    (env.FULFILMENT === 'carrier' && easypostApiBase === undefined);
  const brokers = {
    amqpUrl: env.AMQP_URL,
    kafkaBrokers: env.KAFKA_BROKERS,
    zeromqCommands: env.ZEROMQ_COMMANDS,
    zeromqEvents: env.ZEROMQ_EVENTS,
  };
  const given = roles.filter((role) => env.CHECKOUT_ROLES.split(',').some((each) => each.trim() === role));
  const { amqpUrl, kafkaBrokers, zeromqCommands } = brokers;
  if (given.every((role) => role === 'intake') && !(amqpUrl ?? kafkaBrokers ?? zeromqCommands))
    throw new ConfigurationError(
      'AMQP_URL, KAFKA_BROKERS or ZEROMQ_COMMANDS must be set when CHECKOUT_ROLES is intake.',
    );
  return deepFreeze({
    http: {
      host: env.HOST,
      port: env.PORT,
      rateLimitPerMinute: env.RATE_LIMIT_PER_MINUTE,
      bodyLimitBytes: env.BODY_LIMIT_BYTES,
      corsOrigins: [...new Set(listOf(env.CORS_ORIGINS))],
    },
    metrics: { enabled: env.METRICS_PORT !== 0, port: env.METRICS_PORT === 0 ? undefined : env.METRICS_PORT },
    tracing: tracingOf(env),
    publicUrl: env.PUBLIC_URL?.replace(/\/+$/, '') ?? originOf(env.HOST, env.PORT),
    links: linksOf(env),
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    temporal: { address: env.TEMPORAL_ADDRESS, namespace: env.TEMPORAL_NAMESPACE },
    roles: given,
    apiKey: env.CHECKOUT_API_KEY,
    stripe: {
      apiKey: env.STRIPE_API_KEY ?? 'sk_test_sandbox',
      apiBase: stripeApiBase ?? originOf(env.HOST, env.SANDBOX_PORT),
      webhookSecret: env.STRIPE_WEBHOOK_SECRET,
      timeoutMs: env.STRIPE_TIMEOUT_MS,
    },
    easypost: {
      apiKey: env.EASYPOST_API_KEY ?? 'EZTKsandbox',
      apiBase: easypostApiBase ?? originOf(env.HOST, env.SANDBOX_PORT),
      webhookSecret: env.EASYPOST_WEBHOOK_SECRET,
    },
    fulfilment: {
      mode: env.FULFILMENT,
      tracking: sandbox || env.FULFILMENT === 'carrier' || easypostApiBase !== undefined,
      service: env.SHIPPING_SERVICE,
      returnWindowMs: env.RETURN_WINDOW_MS,
    },
    stock: { allocation: env.STOCK_ALLOCATION, alertDelayMs: env.STOCK_ALERT_DELAY_MS },
    mail: {
      smtpUrl: env.SMTP_URL ?? originOf(env.HOST, env.SMTP_PORT, 'smtp'),
      from: env.MAIL_FROM,
      replyTo: env.MAIL_REPLY_TO,
      alertsTo: env.MAIL_ALERTS_TO,
      ratePerSecond: env.MAIL_RATE_PER_SECOND,
    },
    shop: {
      name: env.SHOP_NAME,
      url: env.SHOP_URL,
      logoUrl: env.SHOP_LOGO_URL,
      color: env.SHOP_COLOR,
    },
    brokers,
    intake: {
      clientId: env.INTAKE_CLIENT,
      concurrency: env.INTAKE_CONCURRENCY,
      retryForMs: env.INTAKE_RETRY_FOR_MS,
    },
    relay: { start: env.RELAY_START },
    webhooks: { allowPrivate: env.WEBHOOKS_ALLOW_PRIVATE === 'yes' },
    policy: policyOf(env),
    captureWarningMs: env.CAPTURE_WARNING_MS,
    batching: {
      mode: env.CHECKOUT_BATCHING,
      maxSize: env.CHECKOUT_BATCH_SIZE,
      maxConcurrentBatches: env.CHECKOUT_MAX_CONCURRENT_BATCHES,
      maxQueued: env.CHECKOUT_MAX_QUEUED_ORDERS,
    },
    auditSchedule: env.AUDIT_SCHEDULE === 'off' ? undefined : env.AUDIT_SCHEDULE.trim(),
    auditWindowMs: env.AUDIT_WINDOW_DAYS * DAY_MS,
    retention: {
      deadLetterMs: env.DEAD_LETTER_RETENTION_MS,
      webhookMs: env.WEBHOOK_RETENTION_MS,
      stockAlertMs: env.STOCK_ALERT_RETENTION_MS,
      auditMs: env.AUDIT_RETENTION_MS,
      claimMs: env.CLAIM_RETENTION_MS,
    },
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
    embedded: {
      dataDir: env.CHECKOUT_DATA_DIR,
      postgresPort: env.POSTGRES_PORT,
      temporalPort: env.TEMPORAL_PORT,
      temporalUiPort: env.TEMPORAL_UI_PORT,
      temporalMetricsPort: env.TEMPORAL_METRICS_PORT,
      temporalCli: env.TEMPORAL_CLI,
      sandboxPort: env.SANDBOX_PORT,
      smtpPort: env.SMTP_PORT,
      sandbox,
    },
  });
}

function policyOf(env: Environment): CheckoutPolicy {
  const { REVIEW_ABOVE, REVIEW_QUANTITY_ABOVE: quantityAbove, REVIEW_COUNTRIES } = env;
  const reviews = REVIEW_ABOVE !== undefined || quantityAbove !== undefined || REVIEW_COUNTRIES !== undefined;
  return {
    paymentDeadlineMs: env.PAYMENT_DEADLINE_MS,
    ...(env.PAYMENT_CAPTURE === 'later' && { capture: 'later' }),
    ...(env.STOCK_ALLOCATION === 'most_stock' && { allocation: 'most_stock' }),
    ...(reviews && {
      review: {
        above: Object.fromEntries(
          listOf(REVIEW_ABOVE).map((each) => {
            const [currency = '', amount] = each.split('=');
            return [currency.trim(), Number(amount)];
          }),
        ),
        ...(quantityAbove !== undefined && { quantityAbove }),
        countries: listOf(REVIEW_COUNTRIES),
        deadlineMs: env.REVIEW_DEADLINE_MS,
      },
    }),
  };
}

function checked(given: Record<string, string>): Environment {
  let env: Environment;
  try {
    env = envSchema<Environment>({ schema: environmentSchema, data: { ...given }, env: false });
  } catch (error) {
    const wrong = namesOfBadVariables(error);
    if (wrong.length === 0) throw error;
    throw refusal(wrong, given);
  }
  const unusable = unusableVariables(env);
  if (unusable.length > 0) throw refusal(unusable, given);
  return env;
}

const refusal = (names: readonly Variable[], given: Record<string, string>): ConfigurationError =>
  new ConfigurationError(
    names.map((name) => `${name} takes ${acceptedValuesOf(name)}${shown(name, given[name])}.`).join(' '),
  );

function namesOfBadVariables(error: unknown): Variable[] {
  const errors: unknown = error instanceof Error && 'errors' in error ? error.errors : [];
  const paths = Array.isArray(errors)
    ? errors.map((each: { instancePath?: string }) => each.instancePath ?? '')
    : [];
  return [...new Set(paths.map((path) => path.slice(1)))].filter(isVariable);
}

function shown(name: Variable, value: string | undefined): string {
  return isSecret(name) || value === undefined ? '' : `, not ${JSON.stringify(value)}`;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value) as unknown[])
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}
