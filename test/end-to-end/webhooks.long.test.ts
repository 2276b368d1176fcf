import assert from 'node:assert/strict';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { line } from '../../harness/orders.ts';
import { startSystem, type System } from '../support/system.ts';
import { answerWith, openReceiver, verify, type Receiver } from '../support/webhooks/receiver.ts';

describe('a webhook endpoint', function () {
  this.timeout(120_000);
  let system: System;
  let receiver: Receiver;
  let secret: string;

  before(async () => {
    system = await startSystem({ WEBHOOKS_ALLOW_PRIVATE: 'yes' });
    receiver = await openReceiver();
    ({ secret } = await system.shop.addWebhookEndpoint({ url: receiver.url }));
  });
  after(async () => {
    receiver.close();
    await system.stop();
  });

  /** Waits until the endpoint has accepted every event of the order, and nothing else, each with a valid signature. */
  async function receivedEvents(orderId: string): Promise<void> {
    const expected = (await system.shop.orderEvents(orderId)).map(({ sequence }) => `${orderId}/${sequence}`);
    await waitUntilPasses(() => {
      const taken = receiver.accepted.filter((id) => id.startsWith(orderId));
      assert.deepEqual([...new Set(taken)].sort(), expected);
    }, 60_000);
    for (const webhook of receiver.received.filter(({ id }) => id.startsWith(orderId)))
      verify(webhook, secret);
  }

  async function paidOrder(): Promise<string> {
    const lines = [line(await system.shop.createItem(1))];
    const order = await system.shop.place({ lines }, { wait: 30 });
    assert.equal(order.status, 'paid');
    return order.orderId;
  }

  it('receives every event of an order', async () => {
    const orderId = await paidOrder();
    await receivedEvents(orderId);
    assert.equal(receiver.received.filter(({ id }) => id.startsWith(orderId)).length, 3, 'once each');
  });

  for (const part of ['app', 'Temporal'] as const)
    it(`receives every event although ${part} is killed during a delivery`, async () => {
      const calls = receiver.received.length;
      receiver.answer = () => undefined;
      const orderId = await paidOrder();
      await waitUntilPasses(() => {
        assert.ok(receiver.received.length > calls, 'no delivery yet');
      });
      await system.kill(part);
      receiver.answer = answerWith(204);
      await system.recovered();
      await receivedEvents(orderId);
    });
});
