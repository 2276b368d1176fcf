/**
 * Restate, as its documentation advises: a handler whose side effects are journalled by `ctx.run`, called through the server's
 * ingress with an idempotency key.
 */
import './with-resolvers.ts';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createEndpointHandler, service, type Context } from '@restatedev/restate-sdk';
import type { CheckoutOrder } from '../../../src/contracts/temporal/checkout.ts';
import { createSteps, openAdapters, orderOfRequest } from '../lib/steps.ts';
import { createJsonClient } from '../../lib/json-client.ts';
import { serve, setting } from '../lib/serve.ts';

const adapters = openAdapters();
const { reserve, charge, confirm, notify } = createSteps(adapters);

const checkout = service({
  name: 'checkout',
  handlers: {
    place: async (ctx: Context, order: CheckoutOrder): Promise<string> => {
      const { orderId } = order;
      const reserved = await ctx.run('reserve', () => reserve(order));
      const payment = await ctx.run('charge', () => charge(order, reserved));
      const status = await ctx.run('confirm', () => confirm(orderId, payment));
      await ctx.run('notify', () => notify(orderId));
      return status;
    },
  },
});

const endpoint = createServer(createEndpointHandler({ services: [checkout] }));
await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
const { port } = endpoint.address() as AddressInfo;
const registered = await fetch(`${setting('RESTATE_ADMIN_URL')}/deployments`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
});
if (!registered.ok) throw new Error(`Restate did not register the service: ${await registered.text()}`);

const ingress = createJsonClient(setting('RESTATE_INGRESS_URL'));
await serve(
  async (request, key) => {
    const order = orderOfRequest('restate', request.body, key);
    const status = await ingress.post('/checkout/place', order, { 'idempotency-key': key });
    return { orderId: order.orderId, status: String(status) };
  },
  async () => {
    ingress.close();
    endpoint.close();
    await adapters.close();
  },
);
