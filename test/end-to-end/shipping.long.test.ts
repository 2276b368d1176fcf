import assert from 'node:assert/strict';
import type { Address, OrderView } from '../../src/contracts/http/order.ts';
import type { CarrierShipment } from '../../src/contracts/ports/carrier.ts';
import { line } from '../../harness/orders.ts';
import { waitThroughFaults, waitUntilPasses } from '../../harness/wait-for.ts';
import { carrierAt } from '../support/sandbox/easypost.ts';
import { startSystem, type System } from '../support/system.ts';

const ORDERS = 40;
const ON_HAND = 100;
const OUTAGE_MS = 4_000;

/** How the carrier treats the label of each order, by the address; undefined: as it should. */
const SCENARIOS = [undefined, 'sandbox_answer_lost', undefined, 'sandbox_slow'];

/** In the country of the warehouse of `npm start`: a parcel abroad would need a customs declaration. */
function customerOf(n: number): Address {
  const line2 = SCENARIOS[n % SCENARIOS.length];
  return {
    name: 'Ada',
    line1: '1 High St',
    ...(line2 !== undefined && { line2 }),
    city: 'Berlin',
    postalCode: '10115',
    country: 'DE',
  };
}

interface CarrierSummary {
  labels: number;
  refunds: Record<string, number>;
  trackers: Record<string, number>;
}

/** The carrier is away while the orders are paid, and every process is killed while labels are being bought. */
describe('forty orders are shipped while the carrier is away and every process is killed', function () {
  this.timeout(300_000);
  let system: System;
  let sku: string;
  let orders: OrderView[];
  /** How many labels the carrier had sold when everything was killed. */
  let labelsWhenKilled: number;

  before(async () => {
    system = await startSystem({ SANDBOX_SLOW_MS: '1500', SANDBOX_TRACKER_STEP_MS: '300' });
    sku = await system.shop.createItem(ON_HAND);
    await system.sandbox.post('/easypost/outage', {
      until: new Date(Date.now() + OUTAGE_MS).toISOString(),
    });
    const placed = await Promise.all(Array.from({ length: ORDERS }, (_, n) => place(n)));
    await waitUntilPasses(async () => {
      labelsWhenKilled = (await summary()).labels;
      assert.ok(labelsWhenKilled >= 5, `the carrier has sold ${labelsWhenKilled} labels`);
    }, 60_000);
    await system.killEverything();
    await system.start();
    orders = await Promise.all(placed.map(({ orderId }) => delivered(orderId)));
  });
  after(() => system.stop());

  const place = (n: number): Promise<OrderView> =>
    system.shop.place({ lines: [line(sku)], shipping: customerOf(n) }, { wait: 30 });

  async function summary(): Promise<CarrierSummary> {
    const response = await fetch(`${system.sandboxUrl}/sandbox/easypost/summary`);
    assert.ok(response.ok);
    return (await response.json()) as CarrierSummary;
  }

  /** Waits until the order is delivered. A step that waits for an operator is tried again, as an operator does after an outage. */
  async function delivered(orderId: string): Promise<OrderView> {
    await waitThroughFaults(
      `${orderId} is delivered`,
      async () => {
        const { attention, status } = await system.shop.getOrder(orderId);
        if (attention)
          await system.shop.resolveAttention(orderId, { action: 'retry', note: 'the carrier is back' });
        return status === 'delivered';
      },
      180_000,
      500,
    );
    return system.shop.getOrder(orderId);
  }

  it('the carrier has sold one label for each shipment, and no other', async () => {
    assert.ok(labelsWhenKilled < ORDERS, 'some labels were bought after everything was killed');
    const labels: CarrierShipment[] = [];
    for await (const page of carrierAt(system.sandboxUrl).listShipments(new Date(0)))
      labels.push(...page.filter(({ label }) => label !== undefined));
    const sold = new Map(labels.map((each) => [each.carrierShipmentId, each]));
    const shipped = orders.flatMap(({ shipments }) => shipments);
    assert.deepEqual(
      [...sold.values()].map(({ reference, label }) => [reference, label?.trackingCode]).sort(),
      shipped.map(({ shipmentId, trackingCode }) => [shipmentId, trackingCode]).sort(),
    );
    const { labels: count, refunds, trackers } = await summary();
    assert.deepEqual([count, refunds, trackers], [ORDERS, {}, { delivered: ORDERS }]);
  });

  it('every order is delivered by one shipment, and its piece has left the stock', async () => {
    for (const { orderId, shipments, lines } of orders) {
      assert.deepEqual(
        shipments.map(({ status }) => status),
        ['delivered'],
        orderId,
      );
      assert.deepEqual(
        lines.map(({ shipped, delivered: arrived }) => [shipped, arrived]),
        [[1, 1]],
      );
    }
    const { available, held, sold } = await system.shop.getStock(sku);
    assert.deepEqual({ available, held, sold }, { available: ON_HAND - ORDERS, held: 0, sold: ORDERS });
  });

  it('each customer has each mail, under one Message-ID', async () => {
    for (const { orderId } of orders)
      await waitUntilPasses(async () => {
        // A parcel that was delivered before its mail `out_for_delivery` was due has no such mail.
        const mails = (await system.shop.mails(orderId)).filter(({ kind }) => kind !== 'out_for_delivery');
        assert.deepEqual(
          mails.map(({ kind, status }) => [kind, status]).sort(),
          ['created', 'delivered', 'paid', 'shipped'].map((kind) => [kind, 'sent']),
          orderId,
        );
        const received = new Set((await system.sandbox.mailsOf(orderId)).map(({ messageId }) => messageId));
        for (const { messageId } of mails) assert.ok(received.has(messageId));
      }, 60_000);
  });

  it('the audit finds no difference', async () => {
    assert.deepEqual(await system.shop.audit(), []);
  });
});
