import assert from 'node:assert/strict';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { orderOf, problemOf, sending } from '../support/api/requests.ts';

describe('the check of a payment', function () {
  this.timeout(120_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;

  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(stage.app);
  });
  after(() => stage.close());

  const check = (orderId: string, app: Stage['app'] = stage.app) =>
    app.inject(sending('POST', `/v1/orders/${orderId}/payment-check`));

  it('lets an order go on whose result the provider has, without an event of it', async () => {
    const { orderId } = await shop.place({ payment: { method: 'pm_action' } });
    stage.provider.authenticate(orderId);
    const answers = await Promise.all([check(orderId), check(orderId)]);
    for (const { statusCode, body } of answers) assert.equal(statusCode, 202, body);
    await shop.becomes(orderId, ({ status, payment }) => {
      assert.deepEqual([status, payment.captured], ['paid', 1_200]);
    });
    const again = orderOf(await check(orderId));
    assert.deepEqual([again.status, again.payment.captured], ['paid', 1_200]);
  });

  it('is refused where there is nothing to ask for, or no such order', async () => {
    const none = await check('ord_none');
    assert.equal(problemOf(none).code, 'order_not_found');
    const { orderId } = await shop.place({ lines: [{ sku: 'mug-01', quantity: 1_000 }] });
    const refused = await check(orderId);
    assert.deepEqual([refused.statusCode, problemOf(refused).code], [409, 'no_payment']);
  });
});
