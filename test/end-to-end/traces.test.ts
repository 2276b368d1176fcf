import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { NativeConnection } from '@temporalio/worker';
import { collectorPath, startCollector, type RunningCollector } from '../../harness/otel-collector.ts';
import { readCollectedSpans, type CollectedSpan } from '../../harness/collected-spans.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { replayLive } from '../../src/workers/replay.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { startSystem, type System } from '../support/system.ts';
import { answerWith, openReceiver, type Receiver } from '../support/webhooks/receiver.ts';

/** Values of a customer, of which no span may have a trace. Each occurs nowhere else. */
const MARKED = {
  customer: { email: 'marked.customer@example.com', name: 'Markedname Person' },
  shipping: {
    name: 'Markedname Person',
    line1: 'Markedstreet 1',
    city: 'Markedtown',
    postalCode: '98765',
    country: 'DE',
  },
} as const;
const SECRETS = [
  /marked/i,
  /\b98765\b/,
  /Bearer/i,
  /whsec_/,
  /sk_test/,
  /pm_card/,
  /order\/ord_[^"]*\/charge/,
];

describe('the traces of a system', function () {
  this.timeout(240_000);
  let collector: RunningCollector;
  let receiver: Receiver;
  let system: System;
  let commands: string;

  before(async () => {
    const path = await collectorPath('.data');
    collector = await startCollector(path, temporaryFolder());
    receiver = await openReceiver();
    await startOnFreePorts(['ZEROMQ'], async ({ ZEROMQ }) => {
      commands = `tcp://127.0.0.1:${ZEROMQ}`;
      system = await startSystem({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        // The test places more orders in a second than are recorded by default.
        OTEL_TRACES_SAMPLER: 'parentbased_always_on',
        ZEROMQ_COMMANDS: commands,
        WEBHOOKS_ALLOW_PRIVATE: 'yes',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
      });
    });
    await system.shop.addWebhookEndpoint({ url: receiver.url, events: ['order.paid'] });
  });
  after(async () => {
    receiver.close();
    await system.stop();
    await collector.stop();
  });

  /**
   * Waits until the trace has spans of these names with all that is above them, and returns all of its spans. A span is sent when it has
   * ended, so that what is above it may come later.
   */
  async function spansOf(traceId: string | undefined, ...names: string[]): Promise<CollectedSpan[]> {
    assert.ok(traceId !== undefined, 'the order has no trace');
    let found: CollectedSpan[] = [];
    await waitUntilPasses(() => {
      found = readCollectedSpans(collector.file).filter((span) => span.traceId === traceId);
      const missing = names.filter((name) => !reachesTop(found, name));
      assert.deepEqual(missing, []);
    }, 30_000);
    return found;
  }

  /** Whether the span is there, and everything above it up to where the trace enters this system. */
  function reachesTop(spans: readonly CollectedSpan[], name: string): boolean {
    let span = spans.find((each) => each.name === name);
    while (span && span.parentSpanId !== '' && !['server', 'consumer'].includes(span.kind)) {
      const { parentSpanId } = span;
      span = spans.find(({ spanId }) => spanId === parentSpanId);
    }
    return span !== undefined;
  }

  /** The names from the top of the trace down to the span. */
  function pathTo(spans: readonly CollectedSpan[], name: string): string[] {
    const path: string[] = [];
    let span = spans.find((each) => each.name === name);
    while (span) {
      path.unshift(span.name);
      const { parentSpanId } = span;
      span = spans.find(({ spanId }) => spanId === parentSpanId);
    }
    return path;
  }

  /** Ids of a trace that began elsewhere. */
  const remoteTrace = () => {
    const traceId = randomBytes(16).toString('hex');
    const spanId = randomBytes(8).toString('hex');
    return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-01` };
  };

  it('an order is one trace from its request to the webhook, in the trace of the caller', async () => {
    const caller = remoteTrace();
    const sku = await system.shop.createItem(5, 1_000);
    const { apiKey, urls } = system.state();
    const response = await fetch(`${urls['api']}/v1/orders`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': `"marked-${caller.traceId}"`,
        prefer: 'wait=30',
        traceparent: caller.traceparent,
      },
      body: JSON.stringify(orderRequest({ ...MARKED, lines: [line(sku)] })),
    });
    const order = (await response.json()) as { orderId: string; status: string; traceId?: string };
    assert.equal(order.status, 'paid');
    assert.equal(order.traceId, caller.traceId);
    assert.equal((await system.shop.getOrder(order.orderId)).traceId, caller.traceId);

    const spans = await spansOf(
      caller.traceId,
      'POST /v1/orders',
      'POST webhook',
      'RunWorkflow:checkout',
      'SELECT reserve_stock',
      'POST /v1/payment_intents',
      'SELECT confirm_orders',
      'send mail',
    );
    const root = spans.find(({ name }) => name === 'POST /v1/orders');
    assert.equal(root?.parentSpanId, caller.spanId);
    assert.equal(root.kind, 'server');
    const workflow = ['POST /v1/orders', 'StartWorkflow:checkout', 'RunWorkflow:checkout'];
    const activity = (name: string) => [...workflow, `RunActivity:${name}`];
    assert.deepEqual(pathTo(spans, 'SELECT reserve_stock'), [
      ...activity('reserveStock'),
      'SELECT reserve_stock',
    ]);
    assert.deepEqual(pathTo(spans, 'POST /v1/payment_intents'), [
      ...activity('chargePayment'),
      'POST /v1/payment_intents',
    ]);
    assert.deepEqual(pathTo(spans, 'SELECT confirm_orders'), [
      ...activity('confirmOrder'),
      'SELECT confirm_orders',
    ]);
    assert.deepEqual(pathTo(spans, 'send mail'), [...activity('notify'), 'send mail']);
    assert.deepEqual(pathTo(spans, 'POST webhook'), ['POST /v1/orders', 'POST webhook']);

    const webhook = receiver.received.find(({ id }) => id.startsWith(order.orderId));
    const sent = spans.find(({ name }) => name === 'POST webhook');
    assert.equal(webhook?.headers['traceparent'], `00-${caller.traceId}-${sent?.spanId}-01`);
    const event = JSON.parse(webhook.body) as { traceparent?: string };
    assert.ok(event.traceparent?.includes(caller.traceId), 'the event names the trace');
  });

  it('name a statement by what it does, as the conventions say', async () => {
    const order = await system.shop.place({ lines: [line(await system.shop.createItem(1))] }, { wait: 30 });
    const spans = await spansOf(order.traceId, 'SELECT reserve_stock');
    assert.deepEqual(spans.find(({ name }) => name === 'SELECT reserve_stock')?.attributes, {
      'db.system.name': 'postgresql',
      'db.namespace': 'checkout',
      'db.operation.name': 'SELECT',
      'db.query.summary': 'SELECT reserve_stock',
    });
  });

  it('link a group to the traces of its orders, each of which has its own charge and mails', async () => {
    const lines = [line(await system.shop.createItem(40))];
    const orders = await Promise.all(
      Array.from({ length: 40 }, () => system.shop.place({ lines }, { wait: 60 })),
    );
    assert.equal(new Set(orders.map(({ traceId }) => traceId)).size, 40);
    for (const order of orders) await spansOf(order.traceId, 'POST /v1/payment_intents', 'send mail');
    const traceIds = new Set(orders.map(({ traceId }) => traceId));
    const all = readCollectedSpans(collector.file);
    // What orders share is read for all of them at once, and is in the trace of one of those that it was read for.
    for (const traceId of traceIds) {
      const names = all.filter((span) => span.traceId === traceId).map(({ name }) => name);
      for (const name of ['SELECT dead_letters', 'SELECT stock_items', 'SELECT claim_orders'])
        assert.ok(
          names.filter((each) => each === name).length <= 1,
          `${name} of other orders: ${names.join()}`,
        );
    }
    const groups = all.filter(
      ({ name, links }) =>
        name === 'start group of orders' && links.some((link) => traceIds.has(link.traceId)),
    );
    assert.ok(groups.length > 0, 'no orders shared a workflow');
    for (const group of groups) {
      assert.equal(group.attributes['checkout.group.size'], String(group.links.length));
      const spans = await spansOf(group.traceId, 'RunWorkflow:checkoutGroup', 'RunActivity:settleCharges');
      assert.deepEqual(pathTo(spans, 'RunActivity:settleCharges').slice(0, 3), [
        'start group of orders',
        'StartWorkflow:checkoutGroup',
        'RunWorkflow:checkoutGroup',
      ]);
      const settle = spans.find(({ name }) => name === 'RunActivity:settleCharges');
      const [member] = group.links;
      const charge = (await spansOf(member?.traceId, 'POST /v1/payment_intents')).find(
        ({ name }) => name === 'POST /v1/payment_intents',
      );
      assert.deepEqual(
        charge?.links.map(({ spanId }) => spanId),
        [settle?.spanId],
      );
    }
  });

  it('continue the trace that a message names', async () => {
    const caller = remoteTrace();
    const client = zeroMqClient(commands);
    try {
      const event = {
        specversion: '1.0',
        id: caller.traceId,
        source: 'test',
        type: 'com.durable-checkout.order.place.v1',
        traceparent: caller.traceparent,
        data: orderRequest({ lines: [line(await system.shop.createItem(1))] }),
      };
      const receipt = await client.send({ body: Buffer.from(JSON.stringify(event)) });
      assert.equal(receipt.result, 'done');
    } finally {
      await client.close();
    }
    const spans = await spansOf(caller.traceId, 'process checkout.commands', 'RunWorkflow:checkout');
    const consumer = spans.find(({ name }) => name === 'process checkout.commands');
    assert.equal(consumer?.parentSpanId, caller.spanId);
    assert.equal(consumer.kind, 'consumer');
    assert.equal(consumer.attributes['messaging.system'], 'zeromq');
    assert.equal(pathTo(spans, 'RunWorkflow:checkout')[0], 'process checkout.commands');
  });

  it('have no personal data and no secret anywhere', async () => {
    const declined = await system.shop.place(
      {
        ...MARKED,
        lines: [line(await system.shop.createItem(1))],
        payment: { method: 'pm_card_chargeDeclined' },
      },
      { wait: 30 },
    );
    assert.equal(declined.status, 'payment_failed');

    const found = await system.shop.listOrders({ email: MARKED.customer.email });
    assert.equal(found.data.length, 2);
    await spansOf(declined.traceId, 'RunWorkflow:checkout');
    const text = readFileSync(collector.file, 'utf8');
    for (const secret of SECRETS) {
      const at = text.search(secret);
      assert.equal(at, -1, `${secret}: ${text.slice(Math.max(0, at - 200), at + 100)}`);
    }
  });

  it('are named by the log lines that belong to them', async () => {
    const order = await system.shop.place({ lines: [line(await system.shop.createItem(1))] }, { wait: 30 });
    await waitUntilPasses(async () => {
      // A span is sent when it has ended, which may be after its lines of the log.
      const spans = await spansOf(order.traceId, 'POST /v1/orders');
      const lines = system
        .output()
        .split('\n')
        .filter((each) => each.includes(`"traceId":"${order.traceId}"`));
      const logged = lines.map((each) => (JSON.parse(each) as { spanId: string }).spanId);
      assert.ok(logged.length > 0, 'no line of the log has the trace');
      for (const spanId of logged) assert.ok(spans.some((span) => span.spanId === spanId));
    }, 30_000);
  });

  it('begin at a request, at a message and for a group, and nowhere else', () => {
    const roots = readCollectedSpans(collector.file).filter(({ parentSpanId }) => parentSpanId === '');
    const others = roots.filter(
      ({ kind, links }) => kind !== 'server' && kind !== 'consumer' && links.length === 0,
    );
    assert.deepEqual(
      others.map(({ name }) => name),
      [],
    );
  });

  it('leave histories that a process without traces can replay, and one with them', async () => {
    const connection = await NativeConnection.connect({ address: system.state().urls['temporal'] ?? '' });
    try {
      for (const traced of [false, true]) {
        const bundle = await bundleWorkflows({ traced });
        let count = 0;
        for await (const outcome of replayLive(connection, 'default', 5, bundle)) {
          assert.deepEqual(outcome, { name: outcome.name, ok: true });
          count += 1;
        }
        assert.ok(count > 0, 'there was nothing to replay');
      }
    } finally {
      await connection.close();
    }
  });

  it('go on after a restart: a webhook that was not delivered before it is in the trace of its order', async () => {
    receiver.answer = answerWith(503);
    const order = await system.shop.place({ lines: [line(await system.shop.createItem(1))] }, { wait: 30 });
    await waitUntilPasses(() => {
      assert.ok(receiver.received.some(({ id }) => id.startsWith(order.orderId)));
    }, 30_000);
    await system.kill('app');
    receiver.answer = answerWith(204);
    await system.recovered();
    await waitUntilPasses(() => {
      assert.ok(receiver.accepted.some((id) => id.startsWith(order.orderId)));
    }, 60_000);
    await waitUntilPasses(() => {
      const attempts = readCollectedSpans(collector.file).filter(
        ({ traceId, name }) => traceId === order.traceId && name === 'POST webhook',
      );
      assert.ok(attempts.some(({ attributes }) => attributes['http.response.status_code'] === '204'));
    }, 30_000);
  });

  it('cost no order when the collector is away', async () => {
    await collector.stop();
    const lines = [line(await system.shop.createItem(20))];
    const orders = await Promise.all(
      Array.from({ length: 20 }, () => system.shop.place({ lines }, { wait: 60 })),
    );
    assert.deepEqual(new Set(orders.map(({ status }) => status)), new Set(['paid']));
    await waitUntilPasses(() => {
      const lines = system.output().match(/the collector of traces does not take spans/g);
      assert.equal(lines?.length, 1);
    }, 30_000);
  });
});
