/** Plain Temporal: an ordinary client, a worker with the default options, and the activities of this checkout. */
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createCheckoutActivities } from '../../../src/activities/index.ts';
import { openAdapters, orderOfRequest } from '../lib/steps.ts';
import { serve, setting } from '../lib/serve.ts';
import type { plainCheckout } from './workflow.ts';

const taskQueue = 'plain';
const address = setting('TEMPORAL_ADDRESS');
const namespace = setting('TEMPORAL_NAMESPACE');

const adapters = openAdapters();
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
  activities: { ...createCheckoutActivities(adapters) },
});
const running = worker.run();
const client = new Client({ connection: await Connection.connect({ address }), namespace });

await serve(
  async (request, key) => {
    const order = orderOfRequest('plain', request.body, key);
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
    await adapters.close();
  },
);
