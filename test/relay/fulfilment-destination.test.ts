import assert from 'node:assert/strict';
import type { OutboxEvent } from '../../src/contracts/ports/event-destination.ts';
import { fulfilmentDestination } from '../../src/fulfilment/fulfilment-destination.ts';

const event = (orderId: string, name: string): OutboxEvent => ({
  cursor: '1.1',
  orderId,
  sequence: 1,
  type: `com.durable-checkout.order.${name}.v1`,
  data: {},
  occurredAt: new Date(),
});

describe('the destination that ships orders', () => {
  const changed: string[] = [];
  let failing = false;
  const plan = fulfilmentDestination({
    shipments: {
      withCommittedStock: (orderIds) => Promise.resolve(orderIds.filter((id) => id.startsWith('ships'))),
      withShipments: (orderIds) => Promise.resolve(orderIds.filter((id) => id.startsWith('ships'))),
    },
    fulfilments: {
      changed(orderId) {
        if (failing) return Promise.reject(new Error('Temporal is away'));
        changed.push(orderId);
        return Promise.resolve();
      },
    },
  });
  const deliver = async (...events: OutboxEvent[]) => {
    const destination = await plan.open();
    await destination.deliver(events);
  };
  beforeEach(() => {
    changed.splice(0);
  });

  it('begins with the oldest event, so that an order which was paid before its first start is shipped', () => {
    assert.equal(plan.start, 'beginning');
  });

  it('starts the fulfilment of paid orders that have something to ship, each once', async () => {
    const orders = Array.from({ length: 45 }, (_, n) => `ships-${n}`);
    await deliver(
      event('without-address', 'paid'),
      event('ships-0', 'placed'),
      ...orders.map((orderId) => event(orderId, 'paid')),
      event('ships-0', 'paid'),
    );
    assert.deepEqual(changed, orders);
  });

  it('wakes the workflow of an order that has changed, in case its signal was lost', async () => {
    await deliver(
      event('ships-1', 'address_changed'),
      event('ships-1', 'shipment_held'),
      event('ships-2', 'line_cancelled'),
      event('ships-3', 'attention_raised'),
      event('without-address', 'cancelled'),
      event('ships-2', 'paid'),
    );
    assert.deepEqual(changed.sort(), ['ships-1', 'ships-2']);
  });

  it('fails while an order could not be started, so that the relay delivers the events again', async () => {
    failing = true;
    await assert.rejects(deliver(event('ships-1', 'paid')), /Temporal is away/);
    failing = false;
  });
});
