import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client, type WorkflowHandle } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import type { BatchActivityParts } from '../../../src/activities/batches.ts';
import { createBatchStore, type BatchStore } from '../../../src/adapters/postgres/batch-store.ts';
import { createMailLog } from '../../../src/adapters/postgres/mail-log.ts';
import { createOrderCarriers } from '../../../src/adapters/postgres/order-carriers.ts';
import { createReturnStore } from '../../../src/adapters/postgres/return-store.ts';
import { createShipmentStore, type ShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';
import {
  FIRST_EPOCH,
  type CheckoutOrder,
  type CheckoutPolicy,
} from '../../../src/contracts/temporal/checkout.ts';
import { createBatchClient, type BatchClient } from '../../../src/batches/batch-client.ts';
import type { OrderRequest } from '../../../src/contracts/http/order.ts';
import { NO_BRAKES, type BrakeOn } from '../../../src/contracts/ports/brakes.ts';
import { checkoutWorkflowId, groupWorkflowId } from '../../../src/contracts/temporal/names.ts';
import { createOrderRecovery } from '../../../src/orders/recovery/recover-order.ts';
import { createCheckoutClient, type CheckoutClient } from '../../../src/orders/temporal/checkout-client.ts';
import { createOperationClient, type Operation } from '../../../src/orders/temporal/operation-client.ts';
import { createFulfilmentClient, type FulfilmentClient } from '../../../src/fulfilment/fulfilment-client.ts';
import { createReturnClient, type ReturnClient } from '../../../src/returns/return-client.ts';
import type { checkout } from '../../../src/workflows/checkout.ts';
import type { checkoutGroup } from '../../../src/workflows/checkout-group.ts';
import type { History } from '../../../src/workers/history-json.ts';
import {
  createCheckoutWorker,
  createFulfilmentWorker,
  createNotificationsWorker,
} from '../../../src/workers/workers.ts';
import { testWorkflowBundle } from '../workflow-bundle.ts';
import { MAIL_STYLE } from '../../../harness/mail-style.ts';
import { testLogger, testTemporal } from '../../../harness/servers/test-servers.ts';
import { checkoutOrder } from '../../../harness/orders.ts';
import { openShop, type Shop } from '../postgres.ts';
import { openProvider, type Provider } from '../provider.ts';

export interface RecordedRun<Handle = WorkflowHandle> {
  handle: Handle;
  /** The history so far. */
  history: () => Promise<History>;
}

export interface RecordedOrder extends RecordedRun<WorkflowHandle<typeof checkout>> {
  order: CheckoutOrder;
}

export interface RecordedGroup extends RecordedRun<WorkflowHandle<typeof checkoutGroup>> {
  /** Each order as the run of its own checkout, which exists once the order is detached. */
  orders: RecordedOrder[];
}

/** The production workers on a real Temporal server, PostgreSQL and sandbox. */
export interface RecordingStage {
  shop: Shop;
  provider: Provider;
  /** Starts the checkout of an order as the API does. */
  place: (changes: Partial<OrderRequest>, policy?: Partial<CheckoutPolicy>) => Promise<RecordedOrder>;
  /** Starts orders that arrived together, as the API does. */
  placeTogether: (
    changes: readonly Partial<OrderRequest>[],
    policy?: Partial<CheckoutPolicy>,
  ) => Promise<RecordedGroup>;
  /** Starts an operation as the API does, without waiting for its outcome. */
  start: (operation: Operation) => Promise<RecordedRun>;
  /** Terminates the run of the order, and starts the next one as the sweep does. The run of the order is that one from then on. */
  loseRun: (run: RecordedOrder) => Promise<void>;
  /** Signals the workflow of a return, and starts it if it is not running, as the API does. */
  changeReturn: ReturnClient['changed'];
  /** Starts and signals the workflows that ship orders. */
  fulfilments: FulfilmentClient;
  shipments: ShipmentStore;
  /** Orders that the shop's own warehouse ships. All others are shipped with labels of the carrier. */
  shippedByWarehouse: Set<string>;
  batches: { store: BatchStore; client: BatchClient };
  /** What a batch does with an order. A recording replaces it. */
  batchTurn: { run: BatchActivityParts['runTurn'] };
  /** A workflow that another workflow has started. */
  run: (workflowId: string, runId?: string) => RecordedRun;
  /** Pauses the payment provider as an operator does, or ends that. */
  pauseProvider: (isPaused: boolean) => void;
  close(): Promise<void>;
}

/** Temporal records who started and ran a workflow. The default would be the machine's name. */
const identity = 'recorder';

const POLICY: CheckoutPolicy = { paymentDeadlineMs: 900_000 };

/** So short that an order is closed while a recording waits. */
const RETURN_WINDOW_MS = 1_000;

export async function openRecordingStage(): Promise<RecordingStage> {
  const { address, namespace } = await testTemporal();
  const connection = await NativeConnection.connect({ address });
  const shop = await openShop();
  const provider = await openProvider({ slowMs: 700, requestTimeoutMs: 1_000 });
  const client = new Client({ connection, namespace, identity });
  const base = { connection, namespace, identity };
  const mails = createMailLog(shop.pool);
  const shipments = createShipmentStore(shop.pool);
  const shippedByWarehouse = new Set<string>();
  let paused: BrakeOn | undefined;
  const batchStore = createBatchStore(shop.pool);
  const batchTurn: RecordingStage['batchTurn'] = { run: () => Promise.resolve({ outcome: 'done' }) };
  const workers = [
    await createCheckoutWorker(base, await testWorkflowBundle(), {
      ledger: shop.ledger,
      provider: provider.payments,
      brakes: { ...NO_BRAKES, provider: () => paused },
      mails,
      mailer: provider.mailer,
      mailStyle: MAIL_STYLE,
      batches: { store: batchStore, runTurn: (turn) => batchTurn.run(turn), ordersPerSecond: 1_000 },
    }),
    await createNotificationsWorker(base, { mails, mailer: provider.mailer, style: MAIL_STYLE }),
    await createFulfilmentWorker(base, await testWorkflowBundle(), {
      ledger: shop.ledger,
      shipments: {
        ...shipments,
        plan: (orders) =>
          shipments.plan(
            orders.map((order) => ({
              ...order,
              mode: shippedByWarehouse.has(order.orderId) ? 'warehouse' : 'carrier',
            })),
          ),
      },
      returns: createReturnStore(shop.pool),
      placeOrder: async ({ request }) => {
        const order = checkoutOrder(request);
        await clientWith().start({ order, epoch: FIRST_EPOCH });
        return order.orderId;
      },
      carrier: provider.carrier,
      notifications: { mails, mailer: provider.mailer, style: MAIL_STYLE },
      policy: { mode: 'carrier', tracking: true, service: 'cheapest', returnWindowMs: RETURN_WINDOW_MS },
    }),
  ];
  const running = workers.map((worker) => worker.run());
  const operations = createOperationClient(client);
  const run = <T extends Workflow>(workflowId: string, runId?: string): RecordedRun<WorkflowHandle<T>> => {
    const handle = client.workflow.getHandle<T>(workflowId, runId);
    return { handle, history: () => handle.fetchHistory() };
  };
  const clientWith = (policy: Partial<CheckoutPolicy> = {}): CheckoutClient =>
    createCheckoutClient(client, { policy: { ...POLICY, ...policy } });
  const recordedOrder = (order: CheckoutOrder): RecordedOrder => ({
    order,
    ...run<typeof checkout>(checkoutWorkflowId(order.orderId)),
  });
  return {
    shop,
    provider,
    run,
    fulfilments: createFulfilmentClient(client),
    shipments,
    shippedByWarehouse,
    pauseProvider: (isPaused) => {
      paused = isPaused ? { brakeId: 1, kind: 'provider', target: 'stripe' } : undefined;
    },
    batches: { store: batchStore, client: createBatchClient(client) },
    batchTurn,
    changeReturn: (changed) => createReturnClient(client).changed(changed),
    async start(operation) {
      await operations.start(operation);
      return run(operation.workflowId);
    },
    async place(changes, policy) {
      const order = checkoutOrder(changes);
      await clientWith(policy).start({ order, epoch: FIRST_EPOCH });
      return recordedOrder(order);
    },
    async loseRun({ handle, order: { orderId } }) {
      await handle.terminate('by hand');
      const carriers = createOrderCarriers(shop.pool);
      const parts = { carriers, checkouts: clientWith(), policy: POLICY, logger: testLogger };
      assert.equal(await createOrderRecovery(parts).recover(orderId), 'restarted');
    },
    async placeTogether(changes, policy) {
      const orders = changes.map((each) => checkoutOrder(each));
      const workflowId = groupWorkflowId(randomUUID());
      await clientWith(policy).startGroup(
        workflowId,
        orders.map((order) => ({ order, epoch: FIRST_EPOCH })),
      );
      return { orders: orders.map(recordedOrder), ...run<typeof checkoutGroup>(workflowId) };
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
