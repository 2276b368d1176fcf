import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { openEventFeed, type EventFeed } from '../../src/adapters/postgres/event-feed.ts';
import { createAuditLog } from '../../src/adapters/postgres/audit/audit-log.ts';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import { createStatsReader } from '../../src/adapters/postgres/stats-reader.ts';
import { developmentKey } from '../../src/api/api-keys.ts';
import { buildApp, type AppParts } from '../../src/api/app.ts';
import type { Api } from '../../src/api/types.ts';
import type { PaymentProvider } from '../../src/contracts/payment-provider.ts';
import { TASK_QUEUES } from '../../src/contracts/temporal.ts';
import { createAuditRuns } from '../../src/orders/audit-runs.ts';
import { createOrderService, type OrderService } from '../../src/orders/order-service.ts';
import { createCheckoutWorker, createNotificationsWorker } from '../../src/workers/workers.ts';
import { workflowBundle } from '../../src/workers/workflow-bundle.ts';
import { testLogger, testTemporal } from '../support/embedded.ts';
import { openShop, type Shop } from '../support/postgres.ts';

export const API_KEY = 'test-key';
export const WEBHOOK_SECRET = 'whsec_test';

/** The API on a shop of its own and a real Temporal server. */
export interface Stage {
  shop: Shop;
  feed: EventFeed;
  client: Client;
  /** Of this stage alone unless a worker serves it, so no worker of another test takes its orders. */
  taskQueue: string;
  orders: OrderService;
  app: Api;
  /** Another process's worth of API: a service, a feed and an app of its own. */
  another(changes?: Partial<AppParts>): Promise<Api>;
  close(): Promise<void>;
}

export async function openStage(client?: Client, taskQueue = `test-${randomUUID()}`): Promise<Stage> {
  const shop = await openShop();
  await shop.catalogue.put('mug-01', { title: 'Mug', unitPrice: 1_200, currency: 'EUR', onHand: 1_000 });
  const connection = client
    ? undefined
    : await Connection.connect({ address: (await testTemporal()).address });
  const temporal = client ?? new Client(connection ? { connection } : {});
  const closers: (() => Promise<unknown>)[] = [];
  if (connection) closers.push(() => connection.close());
  closers.push(() => shop.close());

  async function instance(
    changes: Partial<AppParts> = {},
  ): Promise<{ app: Api; feed: EventFeed; orders: OrderService }> {
    const feed = await openEventFeed(shop.url, testLogger);
    closers.push(() => feed.close());
    const { reader, catalogue, pool } = shop;
    const policy = { paymentDeadlineMs: 900_000 };
    const orders = createOrderService({
      client: temporal,
      reader,
      catalogue,
      feed,
      policy,
      logger: testLogger,
      taskQueue,
      cancelLimitMs: 5_000,
    });
    const app = await buildApp({
      orders,
      reader,
      catalogue,
      mailLog: createMailLog(pool),
      stats: createStatsReader(pool),
      audits: createAuditRuns(temporal, createAuditLog(pool), taskQueue),
      feed,
      apiKeys: developmentKey(API_KEY),
      healthChecks: { postgres: () => pool.query('select 1') },
      http: { rateLimitPerMinute: 1_000_000, bodyLimitBytes: 65_536 },
      stripeWebhookSecret: WEBHOOK_SECRET,
      logger: testLogger,
      ...changes,
    });
    closers.push(() => app.close());
    return { app, feed, orders };
  }

  const first = await instance();
  return {
    shop,
    client: temporal,
    taskQueue,
    ...first,
    another: async (changes) => (await instance(changes)).app,
    async close() {
      for (const close of closers.reverse()) await close();
    },
  };
}

/** A worker that carries orders to their end. Payment methods: `pm_card_visa` pays, `pm_action` waits for its customer, others are declined. */
export async function openWorkingStage(): Promise<Stage & { provider: ScriptedProvider }> {
  const connection = await NativeConnection.connect({ address: (await testTemporal()).address });
  const namespace = 'default';
  const stage = await openStage(new Client({ connection, namespace }), TASK_QUEUES.checkout);
  const provider = scriptedProvider();
  const base = { connection, namespace };
  const mailer = { send: () => Promise.resolve(), busy: () => false, close: () => undefined };
  const { ledger, pool } = stage.shop;
  const mails = createMailLog(pool);
  const workers = [
    await createCheckoutWorker(base, await workflowBundle(), { ledger, provider, mails, mailer }),
    await createNotificationsWorker(base, mails, mailer),
  ];
  const running = workers.map((worker) => worker.run());
  return {
    ...stage,
    provider,
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await endAll(stage);
      await stage.close();
      await connection.close();
    },
  };
}

/** What still runs belongs to a database that is about to go, and must not be taken by the worker of the next test. */
async function endAll({ client, taskQueue }: Stage): Promise<void> {
  const query = `TaskQueue = '${taskQueue}' and ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    await client.workflow
      .getHandle(workflowId)
      .terminate('the test is over')
      .catch(() => undefined);
  }
}

export interface ScriptedProvider extends PaymentProvider {
  /** Payments whose customer has authenticated. */
  authenticated: Set<string>;
}

function scriptedProvider(): ScriptedProvider {
  const authenticated = new Set<string>();
  const amounts = new Map<string, number>();
  return {
    authenticated,
    charge({ orderId, paymentMethod, amount }) {
      const paymentIntentId = `pi_${orderId}`;
      amounts.set(paymentIntentId, amount);
      if (paymentMethod === 'pm_card_visa') {
        return Promise.resolve({ orderId, status: 'succeeded', paymentIntentId, captured: amount });
      }
      if (paymentMethod === 'pm_action') {
        const nextActionUrl = 'https://bank.example/3ds';
        return Promise.resolve({
          orderId,
          status: 'requires_action',
          paymentIntentId,
          clientSecret: 'x',
          nextActionUrl,
        });
      }
      return Promise.resolve({ orderId, status: 'declined', paymentIntentId, declineCode: 'card_declined' });
    },
    retrieve({ orderId, paymentIntentId }) {
      return Promise.resolve(
        authenticated.has(paymentIntentId)
          ? { orderId, status: 'succeeded', paymentIntentId, captured: amounts.get(paymentIntentId) ?? 0 }
          : { orderId, status: 'requires_action', paymentIntentId },
      );
    },
    void: ({ orderId, paymentIntentId }) =>
      Promise.resolve({ orderId, status: 'cancelled', paymentIntentId }),
    capture: ({ orderId, amount }) =>
      Promise.resolve({ orderId, status: 'captured', captured: amount, capturable: 0 }),
    refund: ({ amount }) => Promise.resolve(amount),
  };
}
