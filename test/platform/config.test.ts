import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigurationError, loadConfig, originOf } from '../../src/platform/config.ts';
import { environmentSchema } from '../../src/platform/environment.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';

const wrong: { env: Record<string, string>; line: string }[] = [
  { env: { PORT: 'http' }, line: 'PORT takes a port, a whole number from 1 to 65535, not "http".' },
  { env: { PORT: '0' }, line: 'PORT takes a port, a whole number from 1 to 65535, not "0".' },
  { env: { PORT: '3000.5' }, line: 'PORT takes a port, a whole number from 1 to 65535, not "3000.5".' },
  {
    env: { SMTP_PORT: '65536' },
    line: 'SMTP_PORT takes a port, a whole number from 1 to 65535, not "65536".',
  },
  {
    env: { HOST: 'http://shop' },
    line: 'HOST takes the address to listen on, such as 127.0.0.1 or 0.0.0.0, not "http://shop".',
  },
  {
    env: { DATABASE_URL: 'mysql://root:hunter2@db' },
    line: 'DATABASE_URL takes a URL of the form postgresql://user:password@host:5432/database.',
  },
  ...['4', '2.5', 'many'].map((value) => ({
    env: { DATABASE_POOL_SIZE: value },
    line: `DATABASE_POOL_SIZE takes the most connections in the PostgreSQL pool of the process, a whole number from 5 to 1000, not "${value}".`,
  })),
  {
    env: { TEMPORAL_ADDRESS: 'https://temporal:7233' },
    line: 'TEMPORAL_ADDRESS takes host:port of a Temporal frontend, without a scheme, not "https://temporal:7233".',
  },
  {
    env: { CHECKOUT_ROLES: 'api,cook' },
    line: 'CHECKOUT_ROLES takes a comma-separated list of api, checkout, notifications, fulfilment, intake, relay, not "api,cook".',
  },
  {
    env: { CHECKOUT_ROLES: 'intake', ZEROMQ_EVENTS: 'tcp://127.0.0.1:5556' },
    line: 'AMQP_URL, KAFKA_BROKERS or ZEROMQ_COMMANDS must be set when CHECKOUT_ROLES is intake.',
  },
  {
    env: { WEBHOOKS_ALLOW_PRIVATE: 'true' },
    line: 'WEBHOOKS_ALLOW_PRIVATE takes yes or no: whether webhooks may be sent by plain http, and to addresses that are not public, not "true".',
  },
  {
    env: { CHECKOUT_API_KEY: 'hunter 2' },
    line: 'CHECKOUT_API_KEY takes an API key: printable ASCII without spaces.',
  },
  {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    line: 'OTEL_EXPORTER_OTLP_ENDPOINT takes the address of an OpenTelemetry collector for OTLP over HTTP, such as http://127.0.0.1:4318, not "collector:4318".',
  },
  {
    env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    line: 'OTEL_EXPORTER_OTLP_PROTOCOL takes http/protobuf, the only protocol that this service sends, not "grpc".',
  },
  ...['hunter2', 'api-key=hunter2%', 'a b=hunter2'].map((value) => ({
    env: { OTEL_EXPORTER_OTLP_HEADERS: value },
    line: 'OTEL_EXPORTER_OTLP_HEADERS takes the headers of each request to the collector, such as api-key=secret,tenant=shop.',
  })),
  {
    env: { OTEL_TRACES_SAMPLER: 'sometimes' },
    line: 'OTEL_TRACES_SAMPLER takes always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio or parentbased_ratelimiting, not "sometimes".',
  },
  {
    env: { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
    line: 'OTEL_TRACES_SAMPLER_ARG takes the share of traces that are recorded, a number from 0 to 1, or with parentbased_ratelimiting traces a second, a number from 0 to 10000, not "2".',
  },
  {
    env: { STRIPE_API_KEY: 'pk_test_hunter2' },
    line: 'STRIPE_API_KEY takes a secret key of Stripe: sk_test_…, sk_live_…, rk_test_… or rk_live_….',
  },
  {
    env: { STRIPE_API_BASE: 'https://api.stripe.com/v1', STRIPE_API_KEY: 'sk_test_x' },
    line: 'STRIPE_API_BASE takes the origin of Stripe or a sandbox, such as https://api.stripe.com, without a path, not "https://api.stripe.com/v1".',
  },
  {
    env: { STRIPE_API_BASE: 'https://api.stripe.com' },
    line: 'STRIPE_API_KEY must be set when STRIPE_API_BASE is: it takes a secret key of Stripe: sk_test_…, sk_live_…, rk_test_… or rk_live_….',
  },
  {
    env: { STRIPE_API_KEY: 'sk_live_hunter2' },
    line: 'STRIPE_API_BASE must be set when STRIPE_API_KEY is a live key, which must not reach the sandbox: https://api.stripe.com.',
  },
  ...[
    'nightly',
    '61 3 * * *',
    '0 24 * * *',
    '0 3 0 * *',
    '0 3 * 13 *',
    '0 3 * * 8',
    '0 3 * * FOO',
    '*/0 * * * *',
    '0 3 L * *',
    '0 3 ? * *',
    '0 3 30 2 *',
  ].map((value) => ({
    env: { AUDIT_SCHEDULE: value },
    line: `AUDIT_SCHEDULE takes a cron expression of five fields in UTC, such as 0 3 * * *, or off, not "${value}".`,
  })),
  ...[
    '*',
    'shop.example',
    'https://shop.example/',
    'https://Shop.example',
    'https://shop.example:443',
    'https://*.shop.example',
    'https://a.example;https://b.example',
  ].map((value) => ({
    env: { CORS_ORIGINS: value },
    line: `CORS_ORIGINS takes the origins of pages that may call the API from a browser, in small letters and without paths, such as https://shop.example,https://m.shop.example, not "${value}".`,
  })),
  {
    env: { TEMPORAL_ADDRESS: 'temporal:72330' },
    line: 'TEMPORAL_ADDRESS takes host:port of a Temporal frontend, without a scheme, not "temporal:72330".',
  },
  {
    env: { PUBLIC_URL: 'https://api.shop.example:99999' },
    line: 'PUBLIC_URL takes the address of the API for customers, such as https://api.shop.example, not "https://api.shop.example:99999".',
  },
  {
    env: { DATABASE_URL: 'postgresql://root:hunter2@db:99999/shop' },
    line: 'DATABASE_URL takes a URL of the form postgresql://user:password@host:5432/database.',
  },
  {
    env: { SMTP_URL: 'smtp://mail:hunter2' },
    line: 'SMTP_URL takes a URL of the form smtp://user:password@host:587.',
  },
  {
    env: { SMTP_URL: 'mail:hunter2' },
    line: 'SMTP_URL takes a URL of the form smtp://user:password@host:587.',
  },
  ...[
    'the shop',
    'a@b.example, c@d.example',
    'Shop, a@b.example',
    'Shop: a@b.example',
    'Shop <a@b@c.example>',
    'Shop <a@.example>',
    'Mugs, "Inc <a@b.example>',
  ].map((value) => ({
    env: { MAIL_FROM: value },
    line: `MAIL_FROM takes a mail address, such as Shop <orders@shop.example>, not ${JSON.stringify(value)}.`,
  })),
  {
    env: { MAIL_REPLY_TO: 'a@b.example,c@d.example' },
    line: 'MAIL_REPLY_TO takes a mail address, such as Shop <service@shop.example>, not "a@b.example,c@d.example".',
  },
  {
    env: { MAIL_ALERTS_TO: 'a@b.example,c@d.example' },
    line: 'MAIL_ALERTS_TO takes the mail address that alerts of low stock are sent to, not "a@b.example,c@d.example".',
  },
  {
    env: { PAYMENT_DEADLINE_MS: '15m' },
    line: 'PAYMENT_DEADLINE_MS takes milliseconds, a whole number from 1000 to 2147483647, not "15m".',
  },
  {
    env: { PAYMENT_CAPTURE: 'manual' },
    line: 'PAYMENT_CAPTURE takes at_once, or later to authorise at checkout and capture when the shop asks for it, not "manual".',
  },
  ...['50000', 'EUR', 'EUR=500.00', 'eur=50000', 'EUR=50000;USD=1', 'EUR=-1', 'EUD=50000', 'EUR=1,EUR=2'].map(
    (value) => ({
      env: { REVIEW_ABOVE: value },
      line: `REVIEW_ABOVE takes the totals above which an order waits for review, in minor units by currency, such as EUR=50000,USD=60000, not "${value}".`,
    }),
  ),
  ...['0', '1.5', 'many'].map((value) => ({
    env: { REVIEW_QUANTITY_ABOVE: value },
    line: `REVIEW_QUANTITY_ABOVE takes the quantity of one item above which an order waits for review, a whole number from 1, not "${value}".`,
  })),
  ...['Cyprus', 'cy', 'CY;MT', 'UK', 'CY,XX'].map((value) => ({
    env: { REVIEW_COUNTRIES: value },
    line: `REVIEW_COUNTRIES takes the shipping countries whose orders wait for review, ISO 3166-1 alpha-2 (GB for the United Kingdom), such as CY,MT, not "${value}".`,
  })),
  {
    env: { REVIEW_ABOVE: 'EUR=50000', REVIEW_DEADLINE_MS: '1d' },
    line: 'REVIEW_DEADLINE_MS takes milliseconds, a whole number from 1000 to 2147483647, not "1d".',
  },
  {
    env: { BODY_LIMIT_BYTES: '-1' },
    line: 'BODY_LIMIT_BYTES takes the largest request body in bytes, a whole number from 1024 to 16777216, not "-1".',
  },
  {
    env: { LOG_LEVEL: 'loud' },
    line: 'LOG_LEVEL takes one of fatal, error, warn, info, debug, trace, silent, not "loud".',
  },
  {
    env: { LOG_FORMAT: 'xml' },
    line: 'LOG_FORMAT takes json or pretty; unset, it is pretty on a terminal and json elsewhere, not "xml".',
  },
  {
    env: { PORT: 'x', LOG_LEVEL: 'y' },
    line: 'PORT takes a port, a whole number from 1 to 65535, not "x". LOG_LEVEL takes one of fatal, error, warn, info, debug, trace, silent, not "y".',
  },
];

describe('the configuration', () => {
  for (const { env, line } of wrong)
    it(`${Object.keys(env).join(' and ')} that is not valid is reported in one line: ${line.slice(0, 50)}…`, () => {
      assert.throws(
        () => loadConfig(env),
        (error) => error instanceof ConfigurationError && error.message === line,
        line,
      );
      assert.doesNotMatch(line, /hunter|\n/, 'no secret is printed');
    });

  it('uses the sandbox when no variable is set', () => {
    const config = loadConfig({});
    assert.deepEqual(config.http, {
      host: '127.0.0.1',
      port: 3000,
      rateLimitPerMinute: 60_000,
      bodyLimitBytes: 65_536,
      corsOrigins: [],
    });
    assert.equal(config.databaseUrl, undefined);
    assert.equal(config.databasePoolSize, 24);
    assert.equal(config.stripe.apiBase, 'http://127.0.0.1:4010');
    assert.equal(config.mail.smtpUrl, 'smtp://127.0.0.1:4025');
    assert.equal(config.embedded.sandbox, true);
    assert.deepEqual(config.roles, ['api', 'checkout', 'notifications', 'fulfilment', 'intake', 'relay']);
  });

  it('takes the services of every carrier', () => {
    for (const service of ['cheapest', 'USPS/Priority', 'FedEx/FEDEX_GROUND', 'UPSDAP/3DaySelect'])
      assert.equal(loadConfig({ SHIPPING_SERVICE: service }).fulfilment.service, service);
    for (const service of ['slowest', 'USPS/', 'USPS/Priority/2'])
      assert.throws(() => loadConfig({ SHIPPING_SERVICE: service }), ConfigurationError);
  });

  it('tracks parcels where there is a carrier to ask', () => {
    const real = {
      STRIPE_API_BASE: 'https://stripe.example',
      STRIPE_API_KEY: 'sk_test_x',
      SMTP_URL: 'smtp://mail',
    };
    const tracks = (env: NodeJS.ProcessEnv) => loadConfig(env).fulfilment.tracking;
    assert.deepEqual([tracks({}), tracks(real)], [true, true]);
    assert.equal(tracks({ ...real, FULFILMENT: 'warehouse' }), false);
    const carrier = { EASYPOST_API_BASE: 'https://carrier.example', EASYPOST_API_KEY: 'EZTKx' };
    assert.equal(tracks({ ...real, ...carrier, FULFILMENT: 'warehouse' }), true);
  });

  it('charges at once and reviews nothing by default', () => {
    assert.deepEqual(loadConfig({}).policy, { paymentDeadlineMs: 900_000 });
    assert.deepEqual(loadConfig({ PAYMENT_CAPTURE: 'at_once' }).policy, { paymentDeadlineMs: 900_000 });
  });

  it('gives each new order the policy for capture and review', () => {
    const { policy } = loadConfig({
      PAYMENT_CAPTURE: 'later',
      REVIEW_ABOVE: 'EUR=50000, USD = 60000',
      REVIEW_QUANTITY_ABOVE: '20',
      REVIEW_COUNTRIES: ' CY, MT ',
      REVIEW_DEADLINE_MS: '3600000',
    });
    assert.deepEqual(policy, {
      paymentDeadlineMs: 900_000,
      capture: 'later',
      review: {
        above: { EUR: 50_000, USD: 60_000 },
        quantityAbove: 20,
        countries: ['CY', 'MT'],
        deadlineMs: 3_600_000,
      },
    });
  });

  for (const [name, env, review] of [
    ['the total', { REVIEW_ABOVE: 'EUR=0' }, { above: { EUR: 0 }, countries: [] }],
    ['the quantity', { REVIEW_QUANTITY_ABOVE: '1' }, { above: {}, quantityAbove: 1, countries: [] }],
    ['the country', { REVIEW_COUNTRIES: 'CY' }, { above: {}, countries: ['CY'] }],
  ] as const)
    it(`can require a review by ${name} alone, with a deadline of a day`, () => {
      assert.deepEqual(loadConfig(env).policy.review, { ...review, deadlineMs: 86_400_000 });
    });

  it('takes every schedule of audits that Temporal reads', () => {
    for (const cron of ['0 3 * * *', '*/15 0-6,22 1,15 JAN-mar MON-FRI', '0 3 * * 7', '5/20 * 29 2 *'])
      assert.equal(loadConfig({ AUDIT_SCHEDULE: cron }).auditSchedule, cron);
    assert.equal(loadConfig({ AUDIT_SCHEDULE: 'off' }).auditSchedule, undefined);
  });

  it('takes a mail address alone and after a name, also one with commas', () => {
    for (const from of [
      'a@b.example',
      '<a@b.example>',
      'Zoë & Söhne (Berlin) <a@bücher.example>',
      '"Mugs, Inc" <a@b.example>',
      'Mugs, Inc, Berlin <a@b.example>',
    ])
      assert.equal(loadConfig({ MAIL_FROM: from }).mail.from, from);
  });

  it('takes origins of pages, and none by default', () => {
    const origins = ' https://shop.example, http://localhost:5173,https://shop.example ';
    assert.deepEqual(loadConfig({ CORS_ORIGINS: origins }).http.corsOrigins, [
      'https://shop.example',
      'http://localhost:5173',
    ]);
  });

  it('takes the address of a socket of PostgreSQL', () => {
    for (const url of [
      'postgresql:///shop?host=/run/postgresql',
      'postgresql://shop@/shop?host=/run/postgresql',
    ])
      assert.equal(loadConfig({ DATABASE_URL: url }).databaseUrl, url);
  });

  it('has no traces by default, nor where they are turned off', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
    assert.equal(loadConfig({}).tracing, undefined);
    assert.equal(loadConfig({ ...endpoint, OTEL_SDK_DISABLED: 'true' }).tracing, undefined);
    assert.equal(loadConfig({ ...endpoint, OTEL_TRACES_SAMPLER: 'always_off' }).tracing, undefined);
  });

  it('sends traces as the variables of OpenTelemetry say', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' };
    assert.deepEqual(loadConfig(endpoint).tracing, {
      url: 'http://127.0.0.1:4318/v1/traces',
      headers: {},
      timeoutMs: 10_000,
      resource: { 'service.name': 'durable-checkout' },
      sampler: { ratio: 1, perSecond: 25, followsParent: true },
    });
    const given = loadConfig({
      ...endpoint,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/traces',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, tenant=shop',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=other,service.namespace=shop',
      OTEL_SERVICE_NAME: 'checkout',
      OTEL_TRACES_SAMPLER: 'traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    }).tracing;
    assert.deepEqual(given, {
      url: 'http://collector/traces',
      headers: { 'api-key': 'a b', tenant: 'shop' },
      timeoutMs: 10_000,
      resource: { 'service.name': 'checkout', 'service.namespace': 'shop' },
      sampler: { ratio: 0.1, followsParent: false },
    });
    const { sampler } =
      loadConfig({ ...endpoint, OTEL_TRACES_SAMPLER: 'parentbased_always_off' }).tracing ?? {};
    assert.deepEqual(sampler, { ratio: 0, followsParent: true });
    const samplerOf = (variables: NodeJS.ProcessEnv) =>
      loadConfig({ ...endpoint, ...variables }).tracing?.sampler;
    assert.deepEqual(samplerOf({ OTEL_TRACES_SAMPLER: 'parentbased_always_on' }), {
      ratio: 1,
      followsParent: true,
    });
    assert.deepEqual(samplerOf({ OTEL_TRACES_SAMPLER_ARG: '100' }), {
      ratio: 1,
      perSecond: 100,
      followsParent: true,
    });
  });

  it('cannot be changed afterwards', () => {
    const config = loadConfig({});
    assert.throws(() => Object.assign(config.http, { port: 1 }), TypeError);
  });

  it('treats an empty variable as unset, since Docker Compose passes on unset variables so', () => {
    const config = loadConfig({ PORT: '', DATABASE_URL: ' ' });
    assert.equal(config.http.port, 3000);
    assert.equal(config.databaseUrl, undefined);
  });

  it('reads from the file .env what the environment does not have', () => {
    const file = join(temporaryFolder(), '.env');
    writeFileSync(file, 'PORT=3100\nHOST="0.0.0.0" # all\n');
    const config = loadConfig({ PORT: '3200' }, file);
    assert.equal(config.http.port, 3200);
    assert.equal(config.http.host, '0.0.0.0');
    assert.equal(config.stripe.apiBase, 'http://127.0.0.1:4010', 'a wildcard is no address to connect to');
    assert.equal(loadConfig({}, `${file}.missing`).http.port, 3000);
  });

  it('has every variable, with its default, in .env.example, and no other', () => {
    const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    const example = parseEnv(text.replaceAll(/^#([A-Z_]+=)/gm, '$1'));
    // The command line reads CHECKOUT_URL from the file too.
    const known = [...Object.keys(environmentSchema.properties), 'CHECKOUT_URL'];
    assert.deepEqual(Object.keys(example).sort(), known.sort());
    for (const [name, schema] of Object.entries(environmentSchema.properties)) {
      const byDefault: unknown = Reflect.get(schema, 'default');
      if (byDefault !== undefined) assert.equal(example[name], `${byDefault as string | number}`, name);
    }
    assert.doesNotThrow(() => loadConfig({ ...example, STRIPE_API_BASE: '' }));
    assert.deepEqual(parseEnv(text), {}, 'copied as it is, it changes nothing');
  });

  it('an IPv6 address is put in brackets', () => {
    assert.equal(originOf('::1', 3000), 'http://[::1]:3000');
    assert.equal(originOf('::', 3000), 'http://[::1]:3000');
  });
});
