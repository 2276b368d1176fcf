import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { scrape, type Scrape } from '../../harness/scrape.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { describedMetrics } from '../support/described-metrics.ts';
import { startSystem, type System } from '../support/system.ts';
import { answerWith, openReceiver, type Receiver } from '../support/webhooks/receiver.ts';

/**
 * Every label that a process may expose. The values of each are a small, fixed set; `task_queue` and the types of Temporal are names in our
 * code, and `operation` is a method of Temporal's API or of a provider.
 */
const LABELS = [
  ...['method', 'route', 'status', 'outcome', 'currency', 'type', 'stage', 'result', 'kind', 'provider'],
  ...['operation', 'source', 'destination', 'pool', 'state', 'batcher', 'step', 'version', 'node', 'le'],
  ...['namespace', 'task_queue', 'workflow_type', 'activity_type', 'worker_type', 'poller_type'],
  ...['failure_reason', 'status_code', 'cause', 'eager'],
  // Of Node, from prom-client.
  ...['space', 'major', 'minor', 'patch'],
];
/** A scrape of a shop with everything in use; the number does not grow with the orders. */
const MAX_SERIES = 4_000;
/** What must be nowhere: a mail address, a name, an id of an order, a payment, a refund, an endpoint or a delivery, a SKU of the test. */
const PERSONAL = /@|Ada|ord_|pi_|re_[a-zA-Z0-9]{6}|we_|test-[0-9a-f]{8}|\/v1\/orders\/(?!:)[^/]*[0-9]/;

describe('the metrics of a process', function () {
  this.timeout(180_000);
  let system: System;
  let receiver: Receiver;
  let url: string;
  let commands: string;

  before(async () => {
    receiver = await openReceiver();
    await startOnFreePorts(['METRICS_PORT', 'ZEROMQ'], async ({ METRICS_PORT, ZEROMQ }) => {
      url = `http://127.0.0.1:${METRICS_PORT}/metrics`;
      commands = `tcp://127.0.0.1:${ZEROMQ}`;
      system = await startSystem({
        METRICS_PORT: String(METRICS_PORT),
        ZEROMQ_COMMANDS: commands,
        WEBHOOKS_ALLOW_PRIVATE: 'yes',
      });
    });
    await system.shop.addWebhookEndpoint({ url: receiver.url });
  });
  after(async () => {
    receiver.close();
    await system.stop();
  });

  /** Waits until the sum of the series has grown by this since the last scrape. */
  async function growsBy(
    before: Scrape,
    expected: readonly (readonly [name: string, labels: Record<string, string>, by: number])[],
  ): Promise<void> {
    await waitUntilPasses(async () => {
      const now = await scrape(url);
      assert.deepEqual(
        expected.map(([name, labels]) => [name, labels, now.sum(name, labels) - before.sum(name, labels)]),
        expected,
      );
    }, 30_000);
  }

  it('follow an order that is paid', async () => {
    const before = await scrape(url);
    const sku = await system.shop.createItem(10, 1_200);
    const order = await system.shop.place({ lines: [line(sku, 2)] }, { wait: 30 });
    assert.equal(order.status, 'paid');
    await growsBy(before, [
      ['checkout_http_requests_total', { method: 'POST', route: '/v1/orders', status: '2xx' }, 1],
      ['checkout_http_request_duration_seconds_count', { method: 'POST', route: '/v1/orders' }, 1],
      ['checkout_orders_placed_total', {}, 1],
      ['checkout_orders_total', { outcome: 'paid' }, 1],
      ['checkout_orders_amount_minor_units_total', { outcome: 'paid', currency: 'EUR' }, 2_400],
      ['checkout_orders_units_total', { outcome: 'paid' }, 2],
      ['checkout_order_stage_duration_seconds_count', { stage: 'reserve' }, 1],
      ['checkout_order_stage_duration_seconds_count', { stage: 'charge' }, 1],
      ['checkout_order_stage_duration_seconds_count', { stage: 'decision' }, 1],
      ['checkout_order_stage_duration_seconds_count', { stage: 'notify' }, 2],
      ['checkout_mails_total', { kind: 'created', result: 'sent' }, 1],
      ['checkout_mails_total', { kind: 'paid', result: 'sent' }, 1],
      ['checkout_provider_requests_total', { provider: 'stripe', operation: 'charge', result: 'ok' }, 1],
      ['checkout_provider_requests_total', { provider: 'smtp', operation: 'send', result: 'ok' }, 2],
      ['checkout_batch_size_sum', { batcher: 'orders' }, 1],
      ['checkout_batch_size_sum', { batcher: 'reserveStock' }, 1],
      ['checkout_batch_size_sum', { batcher: 'confirmOrder' }, 1],
      ['checkout_relay_events_total', { destination: 'fulfilment', result: 'delivered' }, 3],
      ['checkout_webhook_deliveries_total', { result: 'delivered' }, 3],
    ]);
  });

  it('follow orders that fail, by why', async () => {
    const before = await scrape(url);
    const sku = await system.shop.createItem(1);
    const place = (changes: Parameters<System['shop']['place']>[0]) =>
      system.shop.place(changes, { wait: 30 });
    await place({ lines: [line(sku)], payment: { method: 'pm_card_chargeDeclined' } });
    await place({ lines: [line(sku, 5)] });
    await growsBy(before, [
      ['checkout_orders_total', { outcome: 'payment_failed' }, 1],
      ['checkout_orders_total', { outcome: 'out_of_stock' }, 1],
      ['checkout_orders_total', { outcome: 'paid' }, 0],
      ['checkout_order_stage_duration_seconds_count', { stage: 'decision' }, 2],
      ['checkout_batch_size_sum', { batcher: 'releaseStock' }, 1],
    ]);
  });

  it('follow the money that goes back', async () => {
    const { orderId } = await system.shop.place({}, { wait: 30 });
    const before = await scrape(url);
    await system.shop.refundOrder(orderId, { amount: 300 }, randomUUID());
    await growsBy(before, [
      ['checkout_refunds_total', { result: 'succeeded' }, 1],
      ['checkout_refunded_amount_minor_units_total', { currency: 'EUR' }, 300],
      ['checkout_provider_requests_total', { provider: 'stripe', operation: 'refund', result: 'ok' }, 1],
    ]);
  });

  it('show a provider that is away, and the orders that wait for it', async () => {
    const before = await scrape(url);
    const { orderId } = await system.shop.place({ payment: { method: 'pm_sandbox_outage' } });
    await waitUntilPasses(async () => {
      const now = await scrape(url);
      const unavailable = { provider: 'stripe', operation: 'charge', result: 'unavailable' };
      const name = 'checkout_provider_requests_total';
      assert.ok(now.sum(name, unavailable) > before.sum(name, unavailable));
      assert.equal(now.sum('checkout_undecided_orders', { status: 'payment_unknown' }), 1);
      assert.ok(now.sum('checkout_undecided_order_oldest_age_seconds', { status: 'payment_unknown' }) > 0);
    }, 60_000);
    await system.sandbox.post('/outage', { until: new Date().toISOString() });
    await system.shop.outcome(orderId);
  });

  it('follow messages and dead letters', async () => {
    const before = await scrape(url);
    const client = zeroMqClient(commands);
    const message = (data: unknown) => ({
      body: Buffer.from(
        JSON.stringify({
          specversion: '1.0',
          id: randomUUID(),
          source: '/test',
          type: 'com.durable-checkout.order.place.v1',
          data,
        }),
      ),
    });
    try {
      assert.equal((await client.send(message(orderRequest()))).result, 'done');
      assert.equal((await client.send(message({ lines: 'none' }))).result, 'dead');
    } finally {
      await client.close();
    }
    await growsBy(before, [
      ['checkout_intake_messages_total', { source: 'zeromq', result: 'done' }, 1],
      ['checkout_intake_messages_total', { source: 'zeromq', result: 'dead' }, 1],
      ['checkout_intake_message_duration_seconds_count', { source: 'zeromq' }, 2],
      ['checkout_dead_letters', { state: 'waiting' }, 1],
    ]);
  });

  it('follow webhooks that do not arrive', async () => {
    const before = await scrape(url);
    receiver.answer = answerWith(500);
    await system.shop.place({}, { wait: 30 });
    await waitUntilPasses(async () => {
      const now = await scrape(url);
      const name = 'checkout_webhook_deliveries_total';
      assert.ok(now.sum(name, { result: 'retried' }) > before.sum(name, { result: 'retried' }));
      assert.equal(now.sum('checkout_webhook_endpoints', { state: 'failing' }), 1);
      assert.ok(now.sum('checkout_webhook_deliveries_pending') > 0);
    }, 30_000);
    receiver.answer = answerWith(204);
  });

  it('have those of Temporal and of Node in the same answer, from one millisecond on', async () => {
    const now = await scrape(url);
    assert.equal(now.sum('checkout_scrape_source_up', { source: 'temporal' }), 1);
    assert.equal(now.sum('checkout_scrape_source_up', { source: 'database' }), 1);
    const bucket = 'temporal_workflow_task_schedule_to_start_latency_seconds_bucket';
    assert.ok(now.find(bucket, { le: '0.001' }).length > 0, 'buckets in seconds');
    assert.ok(now.sum('temporal_workflow_completed_total') > 0);
    assert.ok(now.sum('process_resident_memory_bytes') > 0);
    assert.ok(now.find('nodejs_eventloop_lag_seconds').length > 0);
  });

  it('are those in docs/guides/metrics.md', async () => {
    const { types } = await scrape(url);
    const exposed = [...types].map(([name, type]) => `${name} ${type}`);
    const described = describedMetrics().map(({ name, type }) => `${name} ${type}`);
    const ofTemporal = (each: string): boolean => each.startsWith('temporal_');
    assert.deepEqual(
      exposed.filter((each) => !ofTemporal(each)).sort(),
      described.filter((each) => !ofTemporal(each)).sort(),
    );
    // Temporal's SDK exposes a metric when it has happened, and has more of them than we describe.
    assert.deepEqual(
      described.filter(ofTemporal).filter((each) => !exposed.includes(each)),
      [],
    );
  });

  it('have the labels that docs/guides/metrics.md names', async () => {
    const found = await scrape(url);
    for (const { name, labels } of describedMetrics()) {
      const series = ['', '_bucket', '_sum', '_count'].flatMap((end) => found.find(name + end));
      const exposed = new Set(
        series.flatMap((each) => Object.keys(each.labels)).filter((each) => each !== 'le'),
      );
      assert.deepEqual(
        [...exposed].filter((label) => !labels.includes(label)),
        [],
        name,
      );
    }
  });

  it('have no label beyond those that are known, no personal data, and no series for each order', async () => {
    const { shop } = system;
    for (const path of ['/nothing', `/v1/orders/${randomUUID()}/nothing`, '/v1/orders/ada@example.com'])
      await fetch(new URL(path, system.state().urls['api']));
    const before = await scrape(url);
    const labels = new Set(before.series.flatMap((each) => Object.keys(each.labels)));
    assert.deepEqual(
      [...labels].filter((label) => !LABELS.includes(label)),
      [],
    );
    const personal = before.series.filter((each) =>
      Object.values(each.labels).some((value) => PERSONAL.test(value)),
    );
    assert.deepEqual(personal, []);
    for (let orders = 0; orders < 10; orders += 1) await shop.place({}, { wait: 30 });
    const after = await scrape(url);
    assert.ok(after.series.length <= MAX_SERIES, `${after.series.length} series`);
    assert.ok(
      after.series.length - before.series.length < 400,
      `${after.series.length - before.series.length} more series after ten orders`,
    );
  });

  it('are still answered when Temporal and PostgreSQL are gone', async () => {
    for (const part of ['PostgreSQL', 'Temporal'] as const) await system.kill(part);
    const now = await scrape(url);
    assert.equal(now.find('checkout_http_requests_total').length > 0, true);
    await system.recovered();
    await waitUntilPasses(async () => {
      assert.equal((await scrape(url)).sum('checkout_scrape_source_up', { source: 'database' }), 1);
    }, 60_000);
  });
});
