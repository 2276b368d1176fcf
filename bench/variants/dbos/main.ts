/** DBOS, as its documentation advises: a workflow of steps whose id is that of the order, with its state in the same PostgreSQL. */
import { DBOS } from '@dbos-inc/dbos-sdk';
import type { CheckoutOrder } from '../../../src/contracts/temporal/checkout.ts';
import { createSteps, openAdapters, orderOfRequest } from '../lib/steps.ts';
import { serve, setting } from '../lib/serve.ts';

const adapters = openAdapters();
const { reserve, charge, confirm, notify } = createSteps(adapters);
const RETRIED = { retriesAllowed: true, intervalSeconds: 1, maxAttempts: 5 };

async function checkout(order: CheckoutOrder): Promise<string> {
  const { orderId } = order;
  const reserved = await DBOS.runStep(() => reserve(order), { name: 'reserve', ...RETRIED });
  const payment = await DBOS.runStep(() => charge(order, reserved), { name: 'charge', ...RETRIED });
  const status = await DBOS.runStep(() => confirm(orderId, payment), { name: 'confirm', ...RETRIED });
  await DBOS.runStep(() => notify(orderId), { name: 'notify', ...RETRIED });
  return status;
}

DBOS.setConfig({
  name: 'checkout',
  systemDatabaseUrl: setting('DBOS_DATABASE_URL'),
  systemDatabasePoolSize: 20,
  applicationVersion: '1',
  logLevel: 'warn',
});
const workflow = DBOS.registerWorkflow(checkout, { name: 'checkout' });
await DBOS.launch();

await serve(
  async (request, key) => {
    const order = orderOfRequest('dbos', request.body, key);
    const handle = await DBOS.startWorkflow(workflow, { workflowID: order.orderId })(order);
    return { orderId: order.orderId, status: await handle.getResult() };
  },
  async () => {
    await DBOS.shutdown();
    await adapters.close();
  },
);
