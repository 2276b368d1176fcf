import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { chargeRules } from '../../../src/adapters/stripe/amounts.ts';
import { openBrakes, type BrakeWatch } from '../../../src/adapters/postgres/brake-watch.ts';
import { openEventFeed, type EventFeed } from '../../../src/adapters/postgres/event-feed.ts';
import { createDeadLetterStore } from '../../../src/adapters/postgres/dead-letters.ts';
import { createBatchStore } from '../../../src/adapters/postgres/batch-store.ts';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../../../src/adapters/postgres/order-ledger.ts';
import { createOrderCarriers } from '../../../src/adapters/postgres/order-carriers.ts';
import { createOrderClaims } from '../../../src/adapters/postgres/order-claims.ts';
import { developmentKey } from '../../../src/api/lib/api-keys.ts';
import { buildApp, type AppParts } from '../../../src/api/app.ts';
import { runBatchTurn } from '../../../src/batches/batch-turn.ts';
import type { FulfilmentService } from '../../../src/fulfilment/fulfilment-service.ts';
import type { Api } from '../../../src/api/lib/types.ts';
import type { StockSync } from '../../../src/stock/stock-sync.ts';
import type { CheckoutPolicy } from '../../../src/contracts/temporal/checkout.ts';
import { TASK_QUEUES } from '../../../src/contracts/temporal/names.ts';
import type { ReturnService } from '../../../src/returns/return-service.ts';
import { createEarlyCancellations } from '../../../src/intake/early-cancellation.ts';
import { createOrderService, type OrderService } from '../../../src/orders/order-service.ts';
import type { Logger } from '../../../src/platform/logging.ts';
import { createCheckoutWorker, createNotificationsWorker } from '../../../src/workers/workers.ts';
import { testWorkflowBundle } from '../workflow-bundle.ts';
import { MAIL_STYLE } from '../../../harness/mail-style.ts';
import { testLogger, testTemporal } from '../../../harness/servers/test-servers.ts';
import { openShop, type Shop } from '../postgres.ts';
import { silentMailer } from '../silent-mailer.ts';
import { appParts } from './app-parts.ts';
import { compareAnswers } from './described-answers.ts';
import { scriptedProvider, type ScriptedProvider } from './scripted-provider.ts';

export const API_KEY = 'test-key';
export const WEBHOOK_SECRET = 'whsec_test';
export const CARRIER_SECRET = 'carrier-test';

/** What differs in another API. Its order service uses the same logger. */
interface Changes extends Partial<AppParts> {
  logger?: Logger;
}

/** The API with a database of its own and a real Temporal server. */
export interface Stage {
  shop: Shop;
  feed: EventFeed;
  client: Client;
  /** A task queue of this stage alone, unless it has workers, so that no worker of another test processes its orders. */
  taskQueue: string;
  orders: OrderService;
  brakes: BrakeWatch;
  stockSync: StockSync;
  fulfilment: FulfilmentService;
  returns: ReturnService;
  app: Api;
  /** The API of another process: with its own order service, event feed and app, and its own policy for new orders. */
  another(changes?: Changes, policy?: Partial<CheckoutPolicy>): Promise<Api>;
  /** Fails if an answer was not as `/openapi.json` describes it. */
  close(): Promise<void>;
}

export async function openStage(client?: Client, taskQueue = `test-${randomUUID()}`): Promise<Stage> {
  const shop = await openShop();
  await shop.catalogue.put('mug-01', { title: 'Mug', unitPrice: 1_200, currency: 'EUR', onHand: 1_000 });
  const closers: (() => Promise<unknown>)[] = [];
  const comparisons: (() => void)[] = [];
  async function connect(): Promise<Client> {
    const { address, namespace } = await testTemporal();
    const connection = await Connection.connect({ address });
    closers.push(() => connection.close());
    return new Client({ connection, namespace });
  }
  const temporal = client ?? (await connect());
  closers.push(() => shop.close());

  async function instance(
    changes: Changes = {},
    policy: Partial<CheckoutPolicy> = {},
  ): Promise<Pick<Stage, 'app' | 'brakes' | 'feed' | 'orders' | 'stockSync' | 'fulfilment' | 'returns'>> {
    const feed = await openEventFeed(shop.url, testLogger);
    closers.push(() => feed.close());
    const brakes = await openBrakes(shop.url, testLogger);
    closers.push(() => brakes.close());
    const { reader, catalogue, pool } = shop;
    const orders = createOrderService({
      client: temporal,
      reader,
      claims: createOrderClaims(pool),
      carriers: createOrderCarriers(pool),
      ledger: createOrderLedger(pool),
      catalogue,
      chargeRules,
      brakes,
      feed,
      batching: { mode: 'adaptive', maxSize: 50, maxConcurrentBatches: 2, maxQueued: 2_000 },
      policy: { paymentDeadlineMs: 900_000, ...policy },
      logger: changes.logger ?? testLogger,
      taskQueue,
      cancelLimitMs: 5_000,
      earlyCancellation: createEarlyCancellations(createDeadLetterStore(pool), {
        clientId: 'development',
        bodyLimitBytes: 65_536,
      }),
    });
    const parts = appParts({
      pool,
      client: temporal,
      orders,
      catalogue,
      taskQueue,
      brakes,
      logger: testLogger,
    });
    const app = await buildApp({
      ...parts,
      refreshBrakes: () => brakes.refresh(),
      reader,
      feed,
      apiKeys: developmentKey(API_KEY),
      healthChecks: { postgres: () => pool.query('select 1') },
      // The API shares its process with the workers and the tests, and the machine with other test files.
      maxEventLoopDelayMs: 60_000,
      stripeWebhookSecret: WEBHOOK_SECRET,
      easypostWebhookSecret: CARRIER_SECRET,
      logger: testLogger,
      ...changes,
    });
    comparisons.push(compareAnswers(app));
    closers.push(() => app.close());
    const { stockSync, fulfilment, returns } = parts;
    return { app, brakes, feed, orders, stockSync, fulfilment, returns };
  }

  const first = await instance();
  return {
    shop,
    client: temporal,
    taskQueue,
    ...first,
    another: async (changes, policy) => (await instance(changes, policy)).app,
    async close() {
      for (const close of closers.reverse()) await close();
      for (const assertDescribed of comparisons) assertDescribed();
    },
  };
}

/** A stage with workers that process orders to their end, and a {@link scriptedProvider}. */
export async function openWorkingStage(): Promise<Stage & { provider: ScriptedProvider }> {
  const { address, namespace } = await testTemporal();
  const connection = await NativeConnection.connect({ address });
  const stage = await openStage(new Client({ connection, namespace }), TASK_QUEUES.checkout);
  const provider = scriptedProvider();
  const base = { connection, namespace };
  const mailer = silentMailer;
  const { ledger, pool } = stage.shop;
  const mails = createMailLog(pool);
  const workers = [
    await createCheckoutWorker(base, await testWorkflowBundle(), {
      ledger,
      provider,
      mails,
      mailer,
      mailStyle: MAIL_STYLE,
      batches: {
        store: createBatchStore(pool),
        runTurn: (turn) =>
          runBatchTurn({ orders: stage.orders, reader: stage.shop.reader, resultLimitMs: 20_000 }, turn),
      },
    }),
    await createNotificationsWorker(base, { mails, mailer, style: MAIL_STYLE }),
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

/** Workflows that are still open belong to a database that is about to be dropped: the workers of the next test must not run them. */
export async function endAll({ client, taskQueue }: Pick<Stage, 'client' | 'taskQueue'>): Promise<void> {
  const query = `TaskQueue = '${taskQueue}' and ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) {
    await client.workflow
      .getHandle(workflowId)
      .terminate('the test is over')
      .catch(() => undefined);
  }
}
