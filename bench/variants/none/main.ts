/** No engine: the steps one after another in a function. Whatever dies in between is lost, or half done. */
import { createSteps, openOutside, orderOfRequest } from '../lib/steps.ts';
import { serve } from '../lib/serve.ts';

const outside = openOutside();
const { reserve, charge, confirm, tell } = createSteps(outside);

await serve(
  async (request, key) => {
    const order = orderOfRequest('none', request.body, key);
    const { orderId } = order;
    const payment = await charge(order, await reserve(order));
    const status = await confirm(orderId, payment);
    await tell(orderId);
    return { orderId, status };
  },
  () => outside.close(),
);
