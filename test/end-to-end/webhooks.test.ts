import assert from 'node:assert/strict';
import type { NewWebhookEndpointView } from '../../src/contracts/http/webhooks.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';
import { answerWith, openReceiver, verify, type Receiver } from '../support/webhooks/receiver.ts';

describe('a subscriber by webhook', function () {
  this.timeout(120_000);
  let system: System;
  let receiver: Receiver;
  let secret: string;

  before(async () => {
    system = await startSystem({ WEBHOOKS_ALLOW_PRIVATE: 'yes' });
    receiver = await openReceiver();
    const { answer } = await system.shop.post('/v1/webhook-endpoints', { url: receiver.url });
    ({ secret } = answer as NewWebhookEndpointView);
  });
  after(async () => {
    receiver.close();
    await system.stop();
  });

  /** Every event of the order has been taken, and nothing but them, each under its signature. */
  async function hasHeardOf(orderId: string): Promise<void> {
    const told = (await system.shop.events(orderId)).map(({ sequence }) => `${orderId}/${sequence}`);
    await waitUntilPasses(() => {
      const taken = receiver.taken.filter((id) => id.startsWith(orderId));
      assert.deepEqual([...new Set(taken)].sort(), told);
    }, 60_000);
    for (const webhook of receiver.received.filter(({ id }) => id.startsWith(orderId)))
      verify(webhook, secret);
  }

  async function paidOrder(): Promise<string> {
    const { order } = await system.shop.place({ lines: [line(await system.shop.item(1))] }, { wait: 30 });
    assert.equal(order.status, 'paid');
    return order.orderId;
  }

  it('hears of everything that becomes of an order', async () => {
    const orderId = await paidOrder();
    await hasHeardOf(orderId);
    assert.equal(receiver.received.filter(({ id }) => id.startsWith(orderId)).length, 3, 'once each');
  });

  for (const part of ['app', 'Temporal'] as const)
    it(`hears of everything though ${part} is killed while it is told`, async () => {
      const calls = receiver.received.length;
      receiver.answer = () => undefined;
      const orderId = await paidOrder();
      await waitUntilPasses(() => {
        assert.ok(receiver.received.length > calls, 'not told yet');
      });
      await system.kill(part);
      receiver.answer = answerWith(204);
      await system.recovered();
      await hasHeardOf(orderId);
    });
});
