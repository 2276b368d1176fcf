import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { createWebhookActivities } from '../../../src/activities/webhooks.ts';
import {
  createWebhookDeliveries,
  type WebhookDeliveries,
} from '../../../src/adapters/postgres/webhook-deliveries.ts';
import {
  createWebhookEndpoints,
  type WebhookEndpoints,
} from '../../../src/adapters/postgres/webhook-endpoints.ts';
import { createWebhookSender } from '../../../src/adapters/webhooks/sender.ts';
import type { OutgoingMail } from '../../../src/contracts/ports/mailer.ts';
import type { WebhookDeliveryState } from '../../../src/contracts/http/webhooks.ts';
import { startRelay, type Relay } from '../../../src/relay/relay.ts';
import { createWebhookService, type WebhookService } from '../../../src/webhooks/webhook-service.ts';
import { webhookDestination } from '../../../src/webhooks/webhook-destination.ts';
import { createWebhooksWorker } from '../../../src/workers/workers.ts';
import { testLogger as logger, testTemporal } from '../../../harness/servers/test-servers.ts';
import { checkoutOrder, line } from '../../../harness/orders.ts';
import { openShop, type Shop } from '../postgres.ts';
import { silentMailer } from '../silent-mailer.ts';

/** A shop whose events are sent to webhook endpoints, with a real Temporal server. */
export interface WebhookStage {
  shop: Shop;
  service: WebhookService;
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
  /** The mails that were sent to the contacts of endpoints. */
  mails: OutgoingMail[];
  startRelay(): Relay;
  /** Creates an order with two events, placed and reserved; returns its id. */
  place(): Promise<string>;
  stateOf(endpointId: string, orderId: string, sequence: number): Promise<WebhookDeliveryState | undefined>;
  close(): Promise<void>;
}

export async function openWebhookStage(): Promise<WebhookStage> {
  const shop = await openShop();
  const { address, namespace } = await testTemporal();
  const connection = await NativeConnection.connect({ address });
  const temporalClient = new Client({ connection, namespace });
  const repositories = {
    endpoints: createWebhookEndpoints(shop.pool),
    deliveries: createWebhookDeliveries(shop.pool),
  };
  const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 2_000 });
  const mails: OutgoingMail[] = [];
  const mailer = {
    ...silentMailer,
    send(mail: OutgoingMail) {
      mails.push(mail);
      return Promise.resolve();
    },
  };
  const worker = await createWebhooksWorker(
    { connection, namespace },
    createWebhookActivities({ ...repositories, sender, mailer }),
  );
  const running = worker.run();
  const relays: Relay[] = [];
  const sku = await shop.item(10_000);
  return {
    shop,
    ...repositories,
    mails,
    service: createWebhookService({ ...repositories, allowPrivate: true }),
    startRelay() {
      const destinations = [webhookDestination({ ...repositories, temporalClient, logger })];
      const relay = startRelay({ databaseUrl: shop.url, destinations, start: 'beginning', logger });
      relays.push(relay);
      return relay;
    },
    async place() {
      const order = checkoutOrder({ lines: [line(sku)] });
      await shop.ledger.reserveStock([order]);
      return order.orderId;
    },
    async stateOf(endpointId, orderId, sequence) {
      return (await repositories.deliveries.find(`${endpointId}.${orderId}.${sequence}`))?.state;
    },
    async close() {
      await Promise.all(relays.map((relay) => relay.stop()));
      worker.shutdown();
      await running;
      sender.close();
      await connection.close();
      await shop.close();
    },
  };
}
