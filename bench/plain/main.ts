/** Plain Temporal: an ordinary client, a worker with the default options, and the steps that this checkout has. */
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createCheckoutActivities } from '../../src/activities/index.ts';
import { createMailLog } from '../../src/adapters/postgres/mail-log.ts';
import { createOrderLedger } from '../../src/adapters/postgres/order-ledger.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { createMailer } from '../../src/adapters/smtp/mailer.ts';
import { createStripeClient } from '../../src/adapters/stripe/client.ts';
import { createPaymentProvider } from '../../src/adapters/stripe/payment-provider.ts';
import type { CheckoutOrder } from '../../src/contracts/checkout.ts';
import type { OrderRequest } from '../../src/contracts/order.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { requestHash } from '../../src/orders/request-hash.ts';
import { serve, setting } from '../serve.ts';
import type { plainCheckout } from './workflow.ts';

const CLIENT_ID = 'plain';
const taskQueue = 'plain';
const address = setting('TEMPORAL_ADDRESS');

const pool = createPool({ url: setting('DATABASE_URL') });
const mailer = createMailer({ smtpUrl: setting('SMTP_URL'), from: 'Shop <orders@shop.example>' });
const stripe = createStripeClient({
  apiKey: setting('STRIPE_API_KEY'),
  apiBase: setting('STRIPE_API_BASE'),
  timeoutMs: 20_000,
});

const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
  activities: {
    ...createCheckoutActivities({
      ledger: createOrderLedger(pool),
      provider: createPaymentProvider(stripe),
      mails: createMailLog(pool),
      mailer,
    }),
  },
});
const running = worker.run();
const client = new Client({ connection: await Connection.connect({ address }) });

await serve(
  async (request, key) => {
    const body = request.body as OrderRequest;
    const order: CheckoutOrder = {
      orderId: orderIdOf(CLIENT_ID, key),
      clientId: CLIENT_ID,
      requestHash: requestHash(body),
      placedAt: new Date().toISOString(),
      request: body,
    };
    const handle = await client.workflow.start<typeof plainCheckout>('plainCheckout', {
      workflowId: `plain/${order.orderId}`,
      taskQueue,
      args: [order],
    });
    return { orderId: order.orderId, status: await handle.result() };
  },
  async () => {
    worker.shutdown();
    await running;
    mailer.close();
    await pool.end();
  },
);
