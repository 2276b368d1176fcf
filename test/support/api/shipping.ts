import { MAIL_STYLE } from '../../../harness/mail-style.ts';
import { NativeConnection } from '@temporalio/worker';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createReturnStore } from '../../../src/adapters/postgres/return-store.ts';
import { createShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';
import type { FulfilmentPolicy } from '../../../src/contracts/fulfilment-policy.ts';
import { TASK_QUEUES } from '../../../src/contracts/temporal/names.ts';
import { createFulfilmentClient } from '../../../src/fulfilment/fulfilment-client.ts';
import { fulfilmentDestination } from '../../../src/fulfilment/fulfilment-destination.ts';
import { startRelay } from '../../../src/relay/relay.ts';
import { createFulfilmentWorker } from '../../../src/workers/workers.ts';
import type { SandboxOptions } from '../../../sandbox/server.ts';
import { testLogger, testTemporal } from '../../../harness/servers/test-servers.ts';
import { carrierAt } from '../sandbox/easypost.ts';
import { TestSandbox } from '../sandbox/sandbox.ts';
import { silentMailer } from '../silent-mailer.ts';
import { testWorkflowBundle } from '../workflow-bundle.ts';
import { CARRIER_SECRET, endAll, openWorkingStage } from './app.ts';

export interface ShippingStage extends Awaited<ReturnType<typeof openWorkingStage>> {
  /** Its parcels move by command, and its events reach the API. */
  sandbox: TestSandbox;
}

export interface ShippingChanges {
  policy?: Partial<FulfilmentPolicy>;
  sandbox?: Partial<SandboxOptions>;
}

/** A working stage that ships: the relay starts the fulfilment of paid orders, and the carrier is the sandbox. */
export async function openShippingStage({
  policy,
  sandbox: options,
}: ShippingChanges = {}): Promise<ShippingStage> {
  const stage = await openWorkingStage();
  const url = await stage.app.listen({ host: '127.0.0.1', port: 0 });
  const sandbox = new TestSandbox({
    easypostWebhookUrl: `${url}/v1/webhooks/easypost`,
    easypostWebhookSecret: CARRIER_SECRET,
    ...options,
  });
  await sandbox.start();
  const { client, shop } = stage;
  const { address, namespace } = await testTemporal();
  const connection = await NativeConnection.connect({ address });
  const shipments = createShipmentStore(shop.pool);
  const worker = await createFulfilmentWorker({ connection, namespace }, await testWorkflowBundle(), {
    ledger: shop.ledger,
    shipments,
    returns: createReturnStore(shop.pool),
    placeOrder: async (order) => (await stage.orders.place({ ...order, waitMs: 0 })).order.orderId,
    carrier: carrierAt(sandbox.running.url),
    notifications: {
      mails: createMailLog(shop.pool),
      mailer: silentMailer,
      style: MAIL_STYLE,
    },
    policy: { mode: 'carrier', tracking: true, service: 'cheapest', returnWindowMs: 3_600_000, ...policy },
  });
  const running = worker.run();
  const relay = startRelay({
    databaseUrl: shop.url,
    destinations: [fulfilmentDestination({ shipments, fulfilments: createFulfilmentClient(client) })],
    start: 'now',
    logger: testLogger,
  });
  return {
    ...stage,
    sandbox,
    async close() {
      await relay.stop();
      worker.shutdown();
      await running;
      await endAll({ client, taskQueue: TASK_QUEUES.fulfilment });
      await connection.close();
      await stage.close();
      await sandbox.remove();
    },
  };
}
