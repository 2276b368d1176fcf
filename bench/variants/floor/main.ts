/** An empty workflow, with every option that the worker and the client of this checkout use: the least that one workflow costs. */
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { serve, setting } from '../lib/serve.ts';
import type { nothing } from './workflow.ts';
import { TUNING } from '../../../src/workers/tuning.ts';

const taskQueue = 'floor';
const namespace = setting('TEMPORAL_NAMESPACE');

Runtime.install({ shutdownSignals: [] });
const connection = await NativeConnection.connect({ address: setting('TEMPORAL_ADDRESS') });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue,
  workflowsPath: fileURLToPath(new URL('workflow.ts', import.meta.url)),
  ...TUNING,
});
const running = worker.run();
const client = new Client({ connection, namespace });

await serve(
  async (_request, key) => {
    const handle = await client.workflow.start<typeof nothing>('nothing', {
      workflowId: `floor/${key}`,
      taskQueue,
      requestEagerStart: true,
    });
    await handle.result();
    return { orderId: key, status: 'completed' };
  },
  async () => {
    worker.shutdown();
    await running;
    await connection.close();
  },
);
