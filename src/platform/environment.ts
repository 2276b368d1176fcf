import { type Static, Type } from 'typebox';
import { tracingVariables } from './tracing-variables.ts';

/** The roles that a process can run. `npm start` runs all of them in one process. */
export const roles = ['api', 'checkout', 'notifications', 'fulfilment', 'intake', 'relay'] as const;
export type Role = (typeof roles)[number];

/** The template of a URL, with names in braces. */
const linkTemplate = (of: string) =>
  Type.Optional(
    Type.String({ pattern: '^https?://[^\\s<>"]+$', description: `the template of the address of ${of}` }),
  );

const port = (byDefault: number) =>
  Type.Integer({
    minimum: 1,
    maximum: 65535,
    default: byDefault,
    description: 'a port, a whole number from 1 to 65535',
  });

const milliseconds = (byDefault: number, minimum: number) =>
  Type.Integer({
    minimum,
    maximum: 2_147_483_647, // the longest timer of Node
    default: byDefault,
    description: `milliseconds, a whole number from ${minimum} to 2147483647`,
  });

const DAY_MS = 86_400_000;

const retention = (days: number, minimumDays: number) =>
  Type.Integer({
    minimum: minimumDays * DAY_MS,
    maximum: 3_650 * DAY_MS,
    default: days * DAY_MS,
    description: `milliseconds, a whole number from ${minimumDays * DAY_MS} to ${3_650 * DAY_MS}`,
  });

const oneOfRoles = `\\s*(${roles.join('|')})\\s*`;

/**
 * Every variable. `description` completes the sentence "NAME takes …". The value of a variable with `writeOnly`, which is JSON
 * Schema's annotation of a secret, is not printed.
 */
export const environmentSchema = Type.Object({
  HOST: Type.String({
    pattern: '^[^\\s/]+$',
    default: '127.0.0.1',
    description: 'the address to listen on, such as 127.0.0.1 or 0.0.0.0',
  }),
  PORT: port(3000),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65535,
      description: 'a port, a whole number from 1 to 65535, or 0 for no metrics',
    }),
  ),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]+$',
      description: 'the address of the API for customers, such as https://api.shop.example',
    }),
  ),
  LINK_TEMPORAL: linkTemplate(
    "Temporal's UI, such as http://127.0.0.1:8233/namespaces/default/workflows/{workflowId}/{runId}",
  ),
  LINK_TRACE: linkTemplate('a trace, such as https://traces.example/trace/{traceId}'),
  LINK_PROVIDER: linkTemplate('a payment, such as https://dashboard.stripe.com/payments/{paymentIntent}'),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      pattern: '^\\s*https?://[^\\s,]+(\\s*,\\s*https?://[^\\s,]+)*\\s*$',
      description:
        'the origins of pages that may call the API from a browser, in small letters and without paths, such as https://shop.example,https://m.shop.example',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://\\S+$',
      writeOnly: true,
      description: 'a URL of the form postgresql://user:password@host:5432/database',
    }),
  ),
  // Two processes with every role, and a third while they are replaced, then fit PostgreSQL's default of 100 connections.
  DATABASE_POOL_SIZE: Type.Integer({
    minimum: 5, // an audit holds two connections and the dead letter outbox one for a while, and queries need others
    maximum: 1_000,
    default: 24,
    description: 'the most connections in the PostgreSQL pool of the process, a whole number from 5 to 1000',
  }),
  POSTGRES_PORT: port(5433),
  TEMPORAL_ADDRESS: Type.Optional(
    Type.String({
      pattern: '^[^\\s/]+:\\d{1,5}$',
      description: 'host:port of a Temporal frontend, without a scheme',
    }),
  ),
  TEMPORAL_PORT: port(7233),
  TEMPORAL_UI_PORT: port(8233),
  TEMPORAL_METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description:
        'the port for the metrics of the Temporal server that npm start runs, a number from 1 to 65535',
    }),
  ),
  TEMPORAL_NAMESPACE: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    default: 'default',
    description: 'the name of a Temporal namespace: letters, digits, dots, dashes',
  }),
  TEMPORAL_CLI: Type.Optional(
    Type.String({ pattern: '\\S', description: 'the path of an installed Temporal CLI, 1.9.1 or newer' }),
  ),
  CHECKOUT_DATA_DIR: Type.String({
    pattern: '\\S',
    default: '.data',
    description: 'the folder in which npm start keeps its data',
  }),
  CHECKOUT_API_KEY: Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]+$',
      writeOnly: true,
      description: 'an API key: printable ASCII without spaces',
    }),
  ),
  CHECKOUT_ROLES: Type.String({
    pattern: `^${oneOfRoles}(,${oneOfRoles})*$`,
    default: roles.join(','),
    description: `a comma-separated list of ${roles.join(', ')}`,
  }),
  STRIPE_API_KEY: Type.Optional(
    Type.String({
      pattern: '^[sr]k_(test|live)_[\\x21-\\x7e]+$',
      writeOnly: true,
      description: 'a secret key of Stripe: sk_test_…, sk_live_…, rk_test_… or rk_live_…',
    }),
  ),
  STRIPE_API_BASE: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/]+/?$',
      description: 'the origin of Stripe or a sandbox, such as https://api.stripe.com, without a path',
    }),
  ),
  STRIPE_WEBHOOK_SECRET: Type.Optional(
    Type.String({ pattern: '^\\S+$', writeOnly: true, description: "the webhook's signing secret, whsec_…" }),
  ),
  STRIPE_TIMEOUT_MS: milliseconds(20_000, 1),
  EASYPOST_API_KEY: Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]+$',
      writeOnly: true,
      description: 'an API key of EasyPost, EZTK… for tests or EZAK… for production',
    }),
  ),
  EASYPOST_API_BASE: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s/]+/?$',
      description: 'the origin of EasyPost or a sandbox, such as https://api.easypost.com, without a path',
    }),
  ),
  EASYPOST_WEBHOOK_SECRET: Type.Optional(
    Type.String({ pattern: '^\\S+$', writeOnly: true, description: 'the secret of the EasyPost webhook' }),
  ),
  FULFILMENT: Type.Enum(['carrier', 'warehouse'], {
    default: 'carrier',
    description:
      'carrier, which buys labels from EasyPost, or warehouse where the own warehouse reports what it has handed over',
  }),
  SHIPPING_SERVICE: Type.String({
    // FedEx has underscores in its services, such as FedEx/FEDEX_GROUND.
    pattern: '^(cheapest|fastest|[\\w-]+/[\\w-]+)$',
    default: 'cheapest',
    description: 'cheapest, fastest, or one service of a carrier, such as USPS/Priority',
  }),
  RETURN_WINDOW_MS: Type.Integer({
    minimum: 1000,
    maximum: 31_536_000_000,
    default: 2_592_000_000,
    description: 'milliseconds, a whole number from 1000 to 31536000000',
  }),
  STOCK_ALLOCATION: Type.Enum(['location_order', 'most_stock'], {
    default: 'location_order',
    description:
      'location_order or most_stock: which location is tried first where no single one has everything',
  }),
  STOCK_ALERT_DELAY_MS: milliseconds(60_000, 0),
  SANDBOX_PORT: port(4010),
  SMTP_PORT: port(4025),
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://\\S+$',
      writeOnly: true,
      description: 'a URL of the form smtp://user:password@host:587',
    }),
  ),
  MAIL_FROM: Type.String({
    pattern: '^[^\\r\\n]*[^\\s@<]+@[^\\s@>]+>?$',
    default: 'Shop <orders@shop.example>',
    description: 'a mail address, such as Shop <orders@shop.example>',
  }),
  MAIL_REPLY_TO: Type.Optional(
    Type.String({
      pattern: '^[^\\r\\n]*[^\\s@<]+@[^\\s@>]+>?$',
      description: 'a mail address, such as Shop <service@shop.example>',
    }),
  ),
  MAIL_ALERTS_TO: Type.Optional(
    Type.String({
      pattern: '^[^\\r\\n]*[^\\s@<]+@[^\\s@>]+>?$',
      description: 'the mail address that alerts of low stock are sent to',
    }),
  ),
  MAIL_RATE_PER_SECOND: Type.Integer({
    minimum: 1,
    maximum: 10_000,
    default: 200,
    description: 'the most mails a second of this process, a whole number from 1 to 10000',
  }),
  SHOP_NAME: Type.String({
    pattern: '^[^\\r\\n]{1,100}$',
    default: 'Shop',
    description: 'the name of the shop, 1 to 100 characters',
  }),
  SHOP_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      description: 'the address of the shop, such as https://shop.example',
    }),
  ),
  SHOP_LOGO_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      description: 'the address of the logo in mails, such as https://shop.example/logo.png',
    }),
  ),
  SHOP_COLOR: Type.String({
    pattern: '^#[0-9A-Fa-f]{6}$',
    default: '#2456a6',
    description: 'the colour of links and buttons in mails, such as #2456a6',
  }),
  AMQP_URL: Type.Optional(
    Type.String({
      pattern: '^amqps?://\\S+$',
      writeOnly: true,
      description: 'a URL of the form amqp://user:password@host:5672/vhost, or amqps:// for TLS',
    }),
  ),
  KAFKA_BROKERS: Type.Optional(
    Type.String({
      pattern:
        '^\\s*(kafkas?://([^\\s@]+@)?)?[^\\s,:/?@]+(:\\d{1,5})?(\\s*,\\s*[^\\s,:/?@]+(:\\d{1,5})?)*/?(\\?\\S+)?\\s*$',
      writeOnly: true,
      description:
        'host:port,host:port, or a URL of the form kafka://user:password@host:9092,host:9092?mechanism=SCRAM-SHA-512, or kafkas:// for TLS',
    }),
  ),
  ZEROMQ_COMMANDS: Type.Optional(
    Type.String({
      pattern: '^(tcp|ipc)://\\S+$',
      writeOnly: true,
      description:
        'the endpoint to listen on, such as tcp://127.0.0.1:5555, or tcp://user:password@0.0.0.0:5555',
    }),
  ),
  ZEROMQ_EVENTS: Type.Optional(
    Type.String({
      pattern: '^(tcp|ipc)://\\S+$',
      writeOnly: true,
      description:
        'the endpoint to publish events on, such as tcp://127.0.0.1:5556, or tcp://user:password@0.0.0.0:5556',
    }),
  ),
  RELAY_START: Type.Enum(['beginning', 'now'], {
    default: 'beginning',
    description: 'beginning or now: which events a new destination receives',
  }),
  WEBHOOKS_ALLOW_PRIVATE: Type.Enum(['yes', 'no'], {
    default: 'no',
    description:
      'yes or no: whether webhooks may be sent by plain http, and to addresses that are not public',
  }),
  INTAKE_CLIENT: Type.String({
    pattern: '^[\\x21-\\x7e]{1,100}$',
    default: 'development',
    description: 'the client id that orders by message belong to, printable ASCII without spaces',
  }),
  INTAKE_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 50,
    description: 'the most commands that run at a time, a whole number from 1 to 1000',
  }),
  INTAKE_RETRY_FOR_MS: milliseconds(3_600_000, 1000),
  PAYMENT_DEADLINE_MS: milliseconds(900_000, 1000),
  PAYMENT_CAPTURE: Type.Enum(['at_once', 'later'], {
    default: 'at_once',
    description: 'at_once, or later to authorise at checkout and capture when the shop asks for it',
  }),
  CAPTURE_WARNING_MS: milliseconds(DAY_MS, 0),
  REVIEW_ABOVE: Type.Optional(
    Type.String({
      pattern: '^\\s*[A-Z]{3}\\s*=\\s*\\d{1,15}\\s*(,\\s*[A-Z]{3}\\s*=\\s*\\d{1,15}\\s*)*$',
      description:
        'the totals above which an order waits for review, in minor units by currency, such as EUR=50000,USD=60000',
    }),
  ),
  REVIEW_QUANTITY_ABOVE: Type.Optional(
    Type.Integer({
      minimum: 1,
      description: 'the quantity of one item above which an order waits for review, a whole number from 1',
    }),
  ),
  REVIEW_COUNTRIES: Type.Optional(
    Type.String({
      pattern: '^\\s*[A-Z]{2}\\s*(,\\s*[A-Z]{2}\\s*)*$',
      description:
        'the shipping countries whose orders wait for review, ISO 3166-1 alpha-2 (GB for the United Kingdom), such as CY,MT',
    }),
  ),
  REVIEW_DEADLINE_MS: milliseconds(86_400_000, 1000),
  CHECKOUT_BATCHING: Type.Enum(['adaptive', 'off'], {
    default: 'adaptive',
    description:
      'adaptive, by which orders share a workflow under load, or off for one workflow for each order',
  }),
  CHECKOUT_BATCH_SIZE: Type.Integer({
    minimum: 1,
    maximum: 50,
    default: 50,
    description: 'the most orders of one batch, a whole number from 1 to 50',
  }),
  CHECKOUT_MAX_CONCURRENT_BATCHES: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 1,
    description: 'the most batches in progress at a time, a whole number from 1 to 100',
  }),
  CHECKOUT_MAX_QUEUED_ORDERS: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 2_000,
    description: 'the most orders in the queue, a whole number from 1 to 1000000',
  }),
  AUDIT_SCHEDULE: Type.String({
    pattern: '^(off|\\s*(\\S+\\s+){4}\\S+\\s*)$',
    default: '0 3 * * *',
    description: 'a cron expression of five fields in UTC, such as 0 3 * * *, or off',
  }),
  AUDIT_WINDOW_DAYS: Type.Integer({
    minimum: 1,
    maximum: 3_650,
    default: 35,
    description: 'how many days an audit goes back by itself, a whole number from 1 to 3650',
  }),
  DEAD_LETTER_RETENTION_MS: retention(90, 1),
  WEBHOOK_RETENTION_MS: retention(30, 1),
  STOCK_ALERT_RETENTION_MS: retention(90, 1),
  AUDIT_RETENTION_MS: retention(365, 7),
  // Longer than Temporal keeps a workflow that has ended.
  CLAIM_RETENTION_MS: retention(365, 60),
  RATE_LIMIT_PER_MINUTE: Type.Integer({
    minimum: 1,
    default: 60_000,
    description: 'the most requests a minute of one client, a whole number from 1',
  }),
  BODY_LIMIT_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 16_777_216,
    default: 65_536,
    description: 'the largest request body in bytes, a whole number from 1024 to 16777216',
  }),
  ...tracingVariables,
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'one of fatal, error, warn, info, debug, trace, silent',
  }),
  LOG_FORMAT: Type.Optional(
    Type.Enum(['json', 'pretty'], {
      description: 'json or pretty; unset, it is pretty on a terminal and json elsewhere',
    }),
  ),
});

export type Environment = Static<typeof environmentSchema>;
export type Variable = keyof Environment;
export type LogLevel = Environment['LOG_LEVEL'];
export type LogFormat = NonNullable<Environment['LOG_FORMAT']>;

/** Completes the sentence "NAME takes …". */
export function acceptedValuesOf(name: Variable): string {
  const description = annotation(name, 'description');
  return typeof description === 'string' ? description : 'another value';
}

/** Whether the value is a secret, which must not be printed. */
export function isSecret(name: Variable): boolean {
  return annotation(name, 'writeOnly') === true;
}

export function isVariable(name: string): name is Variable {
  return Object.hasOwn(environmentSchema.properties, name);
}

function annotation(name: Variable, key: 'description' | 'writeOnly'): unknown {
  return Reflect.get(environmentSchema.properties[name], key);
}
