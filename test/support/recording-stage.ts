import { Client, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import type { CheckoutOrder } from '../../src/contracts/checkout.ts';
import type { OrderRequest } from '../../src/contracts/order.ts';
import { checkoutWorkflowId } from '../../src/contracts/temporal.ts';
import { createCheckoutRuns } from '../../src/orders/checkout-runs.ts';
import { ensureSearchAttributes } from '../../src/platform/temporal.ts';
import type { checkout } from '../../src/workflows/checkout.ts';
import type { History } from '../../src/workers/history-json.ts';
import { createCheckoutWorker, createNotificationsWorker } from '../../src/workers/workers.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { testLogger, testTemporal } from './embedded.ts';
import { checkoutOrder } from './orders.ts';
import { openShop, type Shop } from './postgres.ts';
import { openProvider, type Provider } from './provider.ts';

export interface PlayedOrder {
  order: CheckoutOrder;
  handle: WorkflowHandle<typeof checkout>;
  /** So far. */
  history(): Promise<History>;
}

/** The production workers on a real Temporal server, PostgreSQL and sandbox, under a name that is no machine's. */
export interface RecordingStage {
  shop: Shop;
  provider: Provider;
  /** Starts an order as the API does. */
  place: (changes: Partial<OrderRequest>, paymentDeadlineMs?: number) => Promise<PlayedOrder>;
  close(): Promise<void>;
}

/** What Temporal notes down as who did it: by default it would be this machine's name. */
const identity = 'recorder';
const namespace = 'default';

export async function openRecordingStage(): Promise<RecordingStage> {
  const connection = await NativeConnection.connect({ address: (await testTemporal()).address });
  await ensureSearchAttributes(connection, namespace, testLogger);
  const shop = await openShop();
  const provider = await openProvider({ slowMs: 700, patienceMs: 1_000 });
  const client = new Client({ connection, namespace, identity });
  const base = { connection, namespace, identity };
  const mails = createMailLog(shop.pool);
  const workers = [
    await createCheckoutWorker(base, await bundleWorkflows(), {
      ledger: shop.ledger,
      provider: provider.payments,
      mails,
      mailer: provider.mailer,
    }),
    await createNotificationsWorker(base, mails, provider.mailer),
  ];
  const running = workers.map((worker) => worker.run());
  return {
    shop,
    provider,
    async place(changes, paymentDeadlineMs = 900_000) {
      const order = checkoutOrder(changes);
      await createCheckoutRuns(client, { policy: { paymentDeadlineMs } }).start(order);
      const handle = client.workflow.getHandle<typeof checkout>(checkoutWorkflowId(order.orderId));
      return { order, handle, history: () => handle.fetchHistory() };
    },
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
      await provider.close();
      await shop.close();
    },
  };
}
