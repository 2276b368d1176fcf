/** No engine: a function that calls the steps one after another. An order whose process dies in between is lost, or left half done. */
import { createSteps, openAdapters, orderOfRequest } from '../lib/steps.ts';
import { serve } from '../lib/serve.ts';

const adapters = openAdapters();
const { reserve, charge, confirm, notify } = createSteps(adapters);

await serve(
  async (request, key) => {
    const order = orderOfRequest('none', request.body, key);
    const { orderId } = order;
    const payment = await charge(order, await reserve(order));
    const status = await confirm(orderId, payment);
    await notify(orderId);
    return { orderId, status };
  },
  () => adapters.close(),
);
