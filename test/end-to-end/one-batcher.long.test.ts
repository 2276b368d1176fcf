import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { event, PLACE } from '../../harness/brokers/message.ts';
import { rabbitMqClient, type RabbitMqClient } from '../../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';

const ORDERS = 300;
const POOL_SIZE = 10;
const MAX_BATCH_SIZE = 50;
const SAMPLE_INTERVAL_MS = 10;

describe('orders by HTTP and by message in one process', function () {
  this.timeout(240_000);
  let system: System;
  let messages: RabbitMqClient;
  let database: pg.Pool;
  let temporal: Connection;
  const closers: (() => Promise<unknown>)[] = [];

  before(async function () {
    const rabbitMq = await startRabbitMq();
    closers.push(() => rabbitMq.stop());
    system = await startSystem({
      AMQP_URL: rabbitMq.url,
      DATABASE_POOL_SIZE: String(POOL_SIZE),
      CHECKOUT_MAX_CONCURRENT_BATCHES: '1',
      CHECKOUT_BATCH_SIZE: String(MAX_BATCH_SIZE),
    });
    closers.push(() => system.stop());
    messages = await rabbitMqClient(rabbitMq.url);
    closers.push(() => messages.close());
    database = new pg.Pool({ connectionString: system.databaseUrl(), max: 2 });
    closers.push(() => database.end());
    temporal = await Connection.connect({ address: system.state().urls['temporal'] ?? '' });
    closers.push(() => temporal.close());
  });
  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  it('share one batcher with its limits, and one connection pool', async function () {
    const sku = await system.shop.createItem(2 * ORDERS);
    const request = orderRequest({ lines: [line(sku)] });
    const connections = watchConnections(database);
    await Promise.all([
      ...Array.from({ length: ORDERS }, () => system.shop.place({ lines: [line(sku)] })),
      ...Array.from({ length: ORDERS }, () => messages.send(event(PLACE, request))),
    ]);
    await waitUntilPasses(async () => {
      const { rows } = await database.query<{ status: string; orders: number }>(
        'select status, count(*)::int as orders from orders group by status',
      );
      assert.deepEqual(rows, [{ status: 'paid', orders: 2 * ORDERS }]);
    }, 120_000);
    const used = await connections.stop();

    const { batching } = await stats(system);
    assert.equal(
      batching?.start.count,
      2 * ORDERS,
      'the batcher that /v1/stats shows has started every order',
    );

    const batches = await batchesOf(database, new Client({ connection: temporal }));
    const sizes = batches.map(({ size }) => size);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      2 * ORDERS,
    );
    assert.ok(Math.max(...sizes) <= MAX_BATCH_SIZE);
    process.stderr.write(
      `      ${batches.length} batches of up to ${Math.max(...sizes)} orders; connections ${JSON.stringify(used)}\n`,
    );
    assert.equal(maxConcurrent(batches), 1, 'no batch was claimed before the one before it was started');

    const { 'durable-checkout': pooled = 0, ...fixed } = used;
    assert.ok(pooled <= POOL_SIZE, `${pooled} connections in a pool of ${POOL_SIZE}`);
    assert.deepEqual(fixed, {
      'durable-checkout brakes': 1,
      'durable-checkout feed': 1,
      'durable-checkout relay fulfilment': 1,
      'durable-checkout relay rabbitmq': 1,
    });
  });
});

/** The most connections that were open at the same time, by the name of the application. */
type Connections = Record<string, number>;

/** Samples the connections to the database, but for those of the test itself. */
function watchConnections(database: pg.Pool): { stop(): Promise<Connections> } {
  const most: Connections = {};
  async function sample(): Promise<void> {
    const { rows } = await database.query<{ name: string; open: number }>(
      `select application_name as name, count(*)::int as open from pg_stat_activity
        where datname = current_database() and application_name like 'durable-checkout%' group by 1`,
    );
    for (const { name, open } of rows) most[name] = Math.max(most[name] ?? 0, open);
  }
  const stopping = new AbortController();
  const sampling = (async () => {
    while (!stopping.signal.aborted) {
      await sample();
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_INTERVAL_MS));
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await sampling;
      return most;
    },
  };
}

async function stats(system: System): Promise<StatsView> {
  const { urls, apiKey } = system.state();
  const response = await fetch(`${urls['api']}/v1/stats?window=10m`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return (await response.json()) as StatsView;
}

/** The orders that the batcher has started one workflow with. Times are in Unix milliseconds, of the clock of this machine. */
interface Batch {
  size: number;
  /** When PostgreSQL recorded the first of its claims, before the workflow was started. */
  claimedAt: number;
  /** When Temporal started its workflow. */
  startedAt: number;
}

async function batchesOf(database: pg.Pool, client: Client): Promise<Batch[]> {
  const { rows } = await database.query<{ id: string; size: number; claimed: number }>(
    `select workflow_id as id, count(*)::int as size, (extract(epoch from min(claimed_at)) * 1000)::float8 as claimed
       from order_claims group by workflow_id`,
  );
  const describe = (id: string) => client.workflow.getHandle(id).describe();
  const batches = new Map<string, { size: number; claimedAt: number }>();
  for (const { id, size, claimed } of rows) {
    // A slow order has a workflow of its own by now, which its group has started: it belongs to the batch of its group.
    const batchId = (await describe(id)).parentExecution?.workflowId ?? id;
    const known = batches.get(batchId) ?? { size: 0, claimedAt: Infinity };
    batches.set(batchId, { size: known.size + size, claimedAt: Math.min(known.claimedAt, claimed) });
  }
  return Promise.all(
    [...batches].map(async ([id, batch]) => ({
      ...batch,
      startedAt: (await describe(id)).startTime.getTime(),
    })),
  );
}

/** How many batches were between their claim and their start at the same time. */
function maxConcurrent(batches: readonly Batch[]): number {
  return Math.max(
    ...batches.map(
      ({ claimedAt }) =>
        batches.filter((other) => other.claimedAt <= claimedAt && claimedAt < other.startedAt).length,
    ),
  );
}
