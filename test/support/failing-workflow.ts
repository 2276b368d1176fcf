import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { CHECKOUT_WORKFLOW } from '../../src/contracts/temporal/names.ts';
import { testTemporal } from '../../harness/servers/test-servers.ts';
import { testWorkflowBundle } from './workflow-bundle.ts';

export interface FailingWorkflow {
  client: Client;
  taskQueue: string;
  stop(): Promise<void>;
}

/** A workflow whose task fails again and again, because it was started without an input, on a task queue of its own. */
export async function startFailingWorkflow(): Promise<FailingWorkflow> {
  const { address, namespace } = await testTemporal();
  const connection = await NativeConnection.connect({ address });
  const taskQueue = `failing-${randomUUID()}`;
  const activities = { unused: () => Promise.resolve() };
  const workflowBundle = await testWorkflowBundle();
  const worker = await Worker.create({ connection, namespace, taskQueue, workflowBundle, activities });
  const running = worker.run();
  const clientConnection = await Connection.connect({ address });
  const client = new Client({ connection: clientConnection, namespace });
  const handle = await client.workflow.start(CHECKOUT_WORKFLOW, { workflowId: randomUUID(), taskQueue });
  return {
    client,
    taskQueue,
    async stop() {
      await handle.terminate('the test is over');
      worker.shutdown();
      await running;
      await clientConnection.close();
      await connection.close();
    },
  };
}
