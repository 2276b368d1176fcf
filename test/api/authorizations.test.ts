import assert from 'node:assert/strict';
import type { SweepParts } from '../../src/orders/recovery/sweep.ts';
import { openWorkingStage } from '../support/api/app.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { sweepPartsOf, sweepWith } from '../support/api/sweeping.ts';

const HOUR_MS = 3_600_000;

describe('an authorisation that ends', function () {
  this.timeout(180_000);
  let stage: Awaited<ReturnType<typeof openWorkingStage>>;
  let shop: OrderCalls;
  let parts: SweepParts;
  before(async () => {
    stage = await openWorkingStage();
    shop = orderCalls(await stage.another({}, { capture: 'later' }));
    parts = sweepPartsOf(stage);
  });
  after(() => stage.close());

  /** Places an order whose authorisation ends in so many milliseconds. */
  async function authorized(ms: number): Promise<{ orderId: string; deadline: string }> {
    const { orderId } = await shop.place();
    const deadline = new Date(Date.now() + ms).toISOString();
    await stage.shop.pool.query('update payments set capture_before = $2 where order_id = $1', [
      orderId,
      deadline,
    ]);
    return { orderId, deadline };
  }

  it('soon needs attention until its money is captured', async () => {
    const { orderId, deadline } = await authorized(HOUR_MS);
    for (let time = 1; time <= 2; time += 1) await sweepWith(parts);
    const { attention, payment } = await shop.order(orderId);
    assert.deepEqual(
      [attention?.step, attention?.deadline, payment.status],
      ['captureAuthorization', deadline, 'authorized'],
    );
    assert.match(attention?.reason ?? '', /^AuthorizationEnding: The authorisation pi_/);
    await shop.capture(orderId);
    await sweepWith(parts);
    assert.equal((await shop.order(orderId)).attention, null);
    const names = (await shop.events(orderId)).map(({ name }) => name);
    assert.deepEqual(names.slice(-3), ['attention_raised', 'captured', 'attention_cleared']);
  });

  it('without an event of the provider is asked for when its time is over, and holds no money any more', async () => {
    const { orderId } = await authorized(-1_000);
    stage.provider.expire(orderId);
    await sweepWith(parts);
    await shop.becomes(orderId, ({ payment, attention }) => {
      assert.deepEqual([payment.status, payment.capturable], ['cancelled', 0]);
      assert.match(attention?.step ?? '', /^(checkPayment|captureAuthorization)/);
    });
    await sweepWith(parts);
    const { attention } = await shop.order(orderId);
    assert.match(attention?.step ?? '', /^checkPayment pi_/);
    assert.match(attention?.reason ?? '', /^AuthorizationEnded: The authorisation of .* has expired/);
  });

  it('is asked for when an operator retries', async () => {
    const { orderId } = await authorized(HOUR_MS);
    await sweepWith(parts);
    stage.provider.expire(orderId);
    await shop.resolveAttention(orderId, { action: 'retry', step: 'captureAuthorization' });
    await shop.becomes(orderId, ({ payment }) => {
      assert.equal(payment.capturable, 0);
    });
  });
});
