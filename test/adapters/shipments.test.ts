import assert from 'node:assert/strict';
import type { ShipmentAction } from '../../src/adapters/postgres/shipment-store.ts';
import type { ShipmentView } from '../../src/contracts/http/shipments.ts';
import { eventsOf } from '../support/paid-orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import {
  ADDRESS,
  addLocation,
  carrierShipmentOf,
  labelOf,
  shippingShop,
  type ShippingShop,
} from '../support/shipments.ts';

const LATER = new Date(Date.now() + 3_600_000).toISOString();

const summary = (shipments: ShipmentView[]) =>
  shipments.map(({ number, status, location, lines }) => [
    number,
    status,
    location,
    lines.map(({ line, quantity }) => `${line}:${quantity}`).join(' '),
  ]);

describe('shipments in PostgreSQL', function () {
  this.timeout(120_000);
  let shop: Shop;
  let ship: ShippingShop;

  before(async () => {
    shop = await openShop();
    ship = shippingShop(shop);
  });
  after(() => shop.close());

  const change = async (orderId: string, shipmentId: string, action: ShipmentAction) => {
    const [result] = await ship.shipments.change([{ orderId, shipmentId, action }]);
    return result?.outcome === 'refused' ? result.code : result?.outcome;
  };
  /** An operator skips a step that is parked. */
  async function skip(orderId: string, name: string): Promise<void> {
    const step = { orderId, workflowId: `order/${orderId}/fulfilment`, step: name };
    await shop.ledger.parkStep([{ ...step, reason: 'r', attempts: 1, actions: ['retry', 'skip'] }]);
    await shop.ledger.resolveStep([{ ...step, action: 'skip' }]);
  }
  const oneShipment = async (orderId: string): Promise<ShipmentView> => {
    const [shipment] = await ship.shipmentsOf(orderId);
    assert(shipment);
    return shipment;
  };
  /** A paid order of so many pieces with its planned shipment. */
  async function planned(quantity = 2): Promise<{ orderId: string; sku: string; shipmentId: string }> {
    const sku = await shop.item(10);
    const orderId = await ship.order([{ sku, quantity }]);
    await ship.plan(orderId);
    return { orderId, sku, shipmentId: (await oneShipment(orderId)).shipmentId };
  }
  async function labelled(quantity = 2) {
    const order = await planned(quantity);
    await ship.buy(order.orderId, order.shipmentId);
    return order;
  }
  async function sent(quantity = 2) {
    const order = await labelled(quantity);
    await ship.track(order.orderId, order.shipmentId, 'in_transit');
    return order;
  }

  describe('are planned', () => {
    it('one for each location, with the lines filled in their sequence, and once', async () => {
      const [first, second] = [await shop.item(3), await shop.item(0)];
      await addLocation(shop, 'north', { [first]: 4, [second]: 5 });
      const orderId = await ship.order([
        { sku: first, quantity: 2 },
        { sku: second, quantity: 1 },
        { sku: first, quantity: 4 },
      ]);
      const plan = await ship.plan(orderId);
      assert.ok(plan.buyLabels && !plan.done);
      const shipments = await ship.shipmentsOf(orderId);
      const pieces = shipments.flatMap(({ lines }) => lines);
      const total = (line: number) =>
        pieces.filter((each) => each.line === line).reduce((sum, { quantity }) => sum + quantity, 0);
      assert.deepEqual([total(1), total(2), total(3)], [2, 1, 4]);
      assert.deepEqual(shipments.map(({ location }) => location).sort(), ['default', 'north']);
      assert.ok(shipments.every(({ status }) => status === 'allocated'));
      await ship.plan(orderId);
      assert.deepEqual(summary(await ship.shipmentsOf(orderId)), summary(shipments));
    });

    it('not where the warehouse reports what it hands over, and not without an address', async () => {
      const sku = await shop.item(10);
      const orderId = await ship.order([{ sku, quantity: 1 }]);
      const plan = await ship.plan(orderId, 'warehouse');
      assert.deepEqual([plan.done, plan.buyLabels], [false, false]);
      assert.deepEqual(await ship.shipmentsOf(orderId), []);
    });

    it('and wait while pieces are missing', async () => {
      const { orderId, sku } = await planned();
      await shop.catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand: 1 });
      const plan = await ship.plan(orderId);
      assert.deepEqual(plan.short, [{ sku, location: 'default', quantity: 1 }]);
      assert.equal(plan.buyLabels, false);
      assert.equal((await oneShipment(orderId)).status, 'pending');
      await addLocation(shop, 'south', { [sku]: 5 });
      await ship.shipments.reallocateShorts([{ orderId }]);
      assert.deepEqual((await ship.plan(orderId)).short, []);
      const open = (await ship.shipmentsOf(orderId)).filter(({ status }) => status === 'allocated');
      assert.deepEqual(open.map(({ location }) => location).sort(), ['default', 'south']);
    });
  });

  describe('have a label', () => {
    it('of the carrier shipment that was kept first', async () => {
      const { orderId, shipmentId } = await planned();
      const keep = (carrierShipmentId: string) =>
        ship.shipments.keepCarrierShipment({ orderId, shipmentId, carrierShipmentId });
      const first = `${shipmentId}-1`;
      assert.equal(await keep(first), first);
      assert.equal(await keep(`${shipmentId}-2`), first);
      await ship.shipments.forgetCarrierShipment({ orderId, shipmentId, carrierShipmentId: first });
      assert.equal(await keep(`${shipmentId}-3`), `${shipmentId}-3`);
    });

    it('to the address that the order has when its carrier shipment is kept', async () => {
      const { orderId, shipmentId } = await planned();
      const [due] = await ship.shipments.dueLabels([{ orderId }]);
      assert(due);
      // The carrier is asked meanwhile.
      await ship.shipments.changeAddress([{ orderId, shipping: { ...due.to, line1: '3 Other St' } }]);
      const keep = (carrierShipmentId: string, to: typeof due.to) =>
        ship.shipments.keepCarrierShipment({ orderId, shipmentId, carrierShipmentId, to });
      assert.equal(await keep(`${shipmentId}-1`, due.to), undefined);
      const [again] = await ship.shipments.dueLabels([{ orderId }]);
      assert(again && again.carrierShipmentId === undefined);
      assert.equal(await keep(`${shipmentId}-2`, again.to), `${shipmentId}-2`);
    });

    it('that is recorded once, and not forgotten', async () => {
      const { orderId, shipmentId } = await labelled();
      await ship.buy(orderId, shipmentId);
      await ship.shipments.forgetCarrierShipment({
        orderId,
        shipmentId,
        carrierShipmentId: carrierShipmentOf(shipmentId),
      });
      const { status, trackingCode, labelUrl } = await oneShipment(orderId);
      const label = labelOf(shipmentId);
      assert.deepEqual(
        [status, trackingCode, labelUrl],
        ['label_bought', label.trackingCode, label.labelUrl],
      );
      assert.equal((await ship.plan(orderId)).buyLabels, false);
      await change(orderId, shipmentId, 'cancel');
      const [due] = await ship.shipments.dueLabelRefunds([{ orderId }]);
      assert.equal(due?.carrierShipmentId, carrierShipmentOf(shipmentId));
    });

    it('that is refunded if it arrives after the shipment was cancelled', async () => {
      const { orderId, shipmentId } = await planned();
      const carrierShipmentId = carrierShipmentOf(shipmentId);
      await ship.shipments.keepCarrierShipment({ orderId, shipmentId, carrierShipmentId });
      assert.equal(await change(orderId, shipmentId, 'cancel'), 'done');
      await ship.shipments.recordLabelRefund({ orderId, shipmentId, refund: 'not_applicable' });
      await ship.shipments.recordLabel({
        orderId,
        shipmentId,
        carrierShipmentId,
        label: labelOf(shipmentId),
      });
      assert.ok((await ship.plan(orderId)).refundLabels);
      assert.deepEqual(await ship.shipments.dueLabelRefunds([{ orderId }]), [
        { orderId, shipmentId, carrierShipmentId, first: true },
      ]);
      await ship.shipments.recordLabelRefund({ orderId, shipmentId, refund: 'refunded' });
      assert.equal((await ship.plan(orderId)).refundLabels, false);
      assert.equal((await oneShipment(orderId)).status, 'cancelled');
    });
  });

  describe('are handed over', () => {
    it('by the first scan of the carrier: the stock leaves, and the order is shipped', async () => {
      const { orderId, sku, shipmentId } = await labelled();
      assert.deepEqual(await ship.level(sku), { available: 8, held: 0, committed: 2, oversold: 0, sold: 2 });
      await ship.track(orderId, shipmentId, 'in_transit');
      await ship.track(orderId, shipmentId, 'in_transit');
      const { status, lines, reservations, shipments } = await ship.view(orderId);
      assert.deepEqual([status, lines[0]?.shipped, reservations[0]?.state], ['shipped', 2, 'consumed']);
      assert.equal(shipments[0]?.status, 'in_transit');
      assert.deepEqual(await ship.level(sku), { available: 8, held: 0, committed: 0, oversold: 0, sold: 2 });
      assert.equal((await eventsOf(shop, orderId)).filter((type) => type === 'shipped').length, 1);
    });

    it('in parts, as the warehouse reports them, each report once', async () => {
      const sku = await shop.item(10);
      const orderId = await ship.order([{ sku, quantity: 3 }]);
      await ship.plan(orderId, 'warehouse');
      const first = await ship.report(orderId, 'r1', [{ line: 1, quantity: 1 }]);
      assert.equal(await ship.report(orderId, 'r1', [{ line: 1, quantity: 1 }]), first);
      const part = await ship.view(orderId);
      assert.deepEqual(
        [part.status, part.partiallyShipped, part.reservations[0]?.state],
        ['paid', true, 'committed'],
      );
      assert.equal((await ship.level(sku)).committed, 2);
      assert.equal(
        await ship.report(orderId, 'r2', [{ line: 1, quantity: 3 }]),
        'refused: quantity_exceeds_line',
      );
      await ship.report(orderId, 'r3', [{ line: 1, quantity: 2 }]);
      assert.equal((await ship.view(orderId)).status, 'shipped');
      assert.equal((await ship.level(sku)).committed, 0);
    });

    it('as the planned shipment with the same lines, or instead of what was planned for the pieces', async () => {
      const { orderId, shipmentId } = await planned(3);
      assert.equal(await ship.report(orderId, 'r1', [{ line: 1, quantity: 3 }]), shipmentId);
      const other = await planned(3);
      await ship.report(other.orderId, 'r1', [{ line: 1, quantity: 2 }]);
      assert.deepEqual(summary(await ship.shipmentsOf(other.orderId)), [
        [1, 'cancelled', 'default', '1:3'],
        [2, 'handed_over', 'default', '1:2'],
        [3, 'allocated', 'default', '1:1'],
      ]);
    });

    it('not from a location whose pieces were allocated to another one since', async () => {
      const { orderId, sku } = await planned(2);
      await shop.catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand: 0 });
      await addLocation(shop, 'south', { [sku]: 5 });
      await ship.shipments.reallocateShorts([{ orderId }]);
      const lines = [{ line: 1, quantity: 2 }];
      assert.equal(
        await ship.report(orderId, 'r1', lines, { location: 'default' }),
        'refused: not_shippable',
      );
      await ship.report(orderId, 'r2', lines);
      const [first, second] = await ship.shipmentsOf(orderId);
      assert.deepEqual(
        [first?.status, second?.status, second?.location],
        ['cancelled', 'handed_over', 'south'],
      );
    });

    it('also where the count says that the pieces are missing', async () => {
      const { orderId, sku } = await planned(2);
      await shop.catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand: 1 });
      assert.equal((await ship.level(sku)).oversold, 1);
      await ship.report(orderId, 'r1', [{ line: 1, quantity: 2 }]);
      assert.deepEqual(await ship.level(sku), { available: 0, held: 0, committed: 0, oversold: 0, sold: 2 });
    });

    it('not without an address, and not when the order is cancelled', async () => {
      const { orderId } = await planned();
      await shop.pool.query('update orders set cancelling = true where order_id = $1', [orderId]);
      assert.equal(await ship.report(orderId, 'r', [{ line: 1, quantity: 1 }]), 'refused: not_shippable');
      await shop.pool.query('update orders set cancelling = false, shipping = null where order_id = $1', [
        orderId,
      ]);
      assert.equal(await ship.report(orderId, 'r', [{ line: 1, quantity: 1 }]), 'refused: not_shippable');
      assert.equal(
        await ship.report('ord_none', 'r', [{ line: 1, quantity: 1 }]),
        'refused: order_not_found',
      );
    });
  });

  describe('are tracked', () => {
    it('to their delivery, and never back', async () => {
      const { orderId, shipmentId } = await sent();
      await ship.track(orderId, shipmentId, 'out_for_delivery');
      await ship.track(orderId, shipmentId, 'delivered', LATER);
      await ship.track(orderId, shipmentId, 'delivered', LATER);
      await ship.track(orderId, shipmentId, 'in_transit');
      assert.equal((await oneShipment(orderId)).tracking.at(-1)?.status, 'delivered');
      await ship.track(orderId, shipmentId, 'return_to_sender', LATER);
      const { status, lines, shipments } = await ship.view(orderId);
      assert.deepEqual([status, lines[0]?.delivered, shipments[0]?.status], ['delivered', 2, 'delivered']);
      assert.equal(shipments[0]?.deliveredAt, LATER);
      assert.deepEqual((await eventsOf(shop, orderId)).slice(-3), [
        'shipped',
        'out_for_delivery',
        'delivered',
      ]);
    });

    it('to their delivery at once if the carrier says only that', async () => {
      const { orderId, shipmentId } = await labelled();
      await ship.track(orderId, shipmentId, 'delivered');
      assert.equal((await ship.view(orderId)).status, 'delivered');
      assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['shipped', 'delivered']);
    });

    it('within a minute of the label, since events that came before its tracker was known here found no shipment', async () => {
      const { orderId } = await labelled();
      const { nextInMs = Infinity } = await ship.plan(orderId);
      assert.ok(nextInMs <= 60_000, `the carrier is asked in ${nextInMs} ms`);
    });

    it('less often the longer nothing is new, and with the newest 50 details', async () => {
      const { orderId, shipmentId } = await sent();
      const nextCheck = async () => (await ship.plan(orderId)).nextInMs ?? 0;
      const first = await nextCheck();
      for (let check = 0; check < 40; check += 1)
        await ship.shipments.recordTracking({ orderId, shipmentId });
      assert.ok(first <= 3_600_000 && (await nextCheck()) > 6 * 86_400_000);
      const details = Array.from({ length: 60 }, (_, n) => ({
        at: new Date(Date.now() + n * 1_000).toISOString(),
        status: 'in_transit' as const,
        message: `scan ${n}`,
      }));
      const { trackerId, trackingCode } = labelOf(shipmentId);
      await ship.shipments.recordTracking({
        orderId,
        shipmentId,
        tracker: { trackerId, trackingCode, status: 'in_transit', details },
      });
      const { tracking } = await oneShipment(orderId);
      assert.deepEqual([tracking.length, tracking.at(-1)?.message], [50, 'scan 59']);
      assert.ok((await nextCheck()) <= 3_600_000);
    });

    it('without what the carrier says of an earlier parcel with the same code', async () => {
      const sku = await shop.item(10);
      const orderId = await ship.order([{ sku, quantity: 1 }]);
      const shipmentId = await ship.report(orderId, 'r1', [{ line: 1, quantity: 1 }]);
      await ship.track(
        orderId,
        shipmentId,
        'delivered',
        new Date(Date.now() - 30 * 86_400_000).toISOString(),
      );
      assert.equal((await oneShipment(orderId)).status, 'handed_over');
    });

    it('and need an operator when they go back, until the operator has decided', async () => {
      const { orderId, shipmentId } = await sent();
      await ship.track(orderId, shipmentId, 'return_to_sender', LATER);
      const { attention } = await ship.plan(orderId);
      const name = `trackShipment 1 return_to_sender ${LATER}`;
      assert.deepEqual(attention, [{ shipmentId, number: 1, reason: 'return_to_sender', step: name }]);
      await skip(orderId, name);
      assert.deepEqual((await ship.plan(orderId)).attention, []);
    });

    it('and need an operator again when there is another problem later, but not for each report of the same', async () => {
      const { orderId, shipmentId } = await sent();
      const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
      const [failed, still, on, again] = [at(1), at(2), at(3), at(4)];
      await ship.trackAll(orderId, shipmentId, ['failure', failed]);
      await skip(orderId, `trackShipment 1 failure ${failed}`);
      await ship.trackAll(orderId, shipmentId, ['failure', failed], ['failure', still]);
      assert.deepEqual((await ship.plan(orderId)).attention, []);
      await ship.trackAll(
        orderId,
        shipmentId,
        ['failure', failed],
        ['failure', still],
        ['in_transit', on],
        ['failure', again],
      );
      assert.deepEqual(
        (await ship.plan(orderId)).attention.map(({ step }) => step),
        [`trackShipment 1 failure ${again}`],
      );
    });

    it('until the carrier has said nothing new for three months: then an operator has to look, and nobody is asked any more', async () => {
      const { orderId, shipmentId } = await sent();
      await ship.track(orderId, shipmentId, 'in_transit', LATER);
      const asked = async (): Promise<void> => {
        await shop.pool.query(
          "update shipments set next_check_at = clock_timestamp() - interval '1 second' where shipment_id = $1",
          [shipmentId],
        );
        assert.equal((await ship.plan(orderId)).track, true);
        await ship.track(orderId, shipmentId, 'in_transit', LATER);
      };
      const nextMs: number[] = [];
      for (
        let plan = await ship.plan(orderId);
        plan.nextInMs !== undefined;
        plan = await ship.plan(orderId)
      ) {
        assert.deepEqual(plan.attention, []);
        nextMs.push(plan.nextInMs);
        await asked();
      }
      const days = nextMs.reduce((sum, ms) => sum + ms, 0) / 86_400_000;
      assert.ok(days > 80 && days < 100, `${days} days`);
      const { attention, track, done } = await ship.plan(orderId);
      const step = `trackShipment 1 silent ${LATER}`;
      assert.deepEqual(attention, [{ shipmentId, number: 1, reason: 'silent', step }]);
      assert.deepEqual([track, done], [false, false]);
      await skip(orderId, step);
      const skipped = await ship.plan(orderId);
      assert.deepEqual([skipped.attention, skipped.nextInMs, skipped.done], [[], undefined, false]);

      await ship.shipments.requestTracking([labelOf(shipmentId).trackerId]);
      const moved = new Date(Date.parse(LATER) + 1_000).toISOString();
      await ship.trackAll(orderId, shipmentId, ['in_transit', LATER], ['in_transit', moved]);
      assert.ok((await ship.plan(orderId)).nextInMs !== undefined);
    });

    it('as soon as an event says that something is new', async () => {
      const { orderId, shipmentId } = await sent();
      assert.equal((await ship.plan(orderId)).track, false);
      const { trackerId } = labelOf(shipmentId);
      assert.deepEqual(await ship.shipments.requestTracking([trackerId, 'trk_unknown']), [{ orderId }]);
      assert.equal((await ship.plan(orderId)).track, true);
      assert.equal((await ship.shipments.dueTrackers([{ orderId }]))[0]?.trackerId, trackerId);
    });

    it('once more where an event comes while the carrier is asked', async () => {
      const { orderId, shipmentId } = await sent();
      const { trackerId, trackingCode } = labelOf(shipmentId);
      const answer = async () => {
        const [due] = await ship.shipments.dueTrackers([{ orderId }]);
        assert.ok(due);
        const { changedAt } = due;
        const details = [{ at: LATER, status: 'in_transit' as const }];
        return async () => {
          await ship.shipments.recordTracking({
            orderId,
            shipmentId,
            ...(changedAt !== undefined && { changedAt }),
            tracker: { trackerId, trackingCode, status: 'in_transit', details },
          });
        };
      };
      await ship.shipments.requestTracking([trackerId]);
      const first = await answer();
      await ship.shipments.requestTracking([trackerId]);
      await first();
      assert.equal((await ship.plan(orderId)).track, true);
      await (
        await answer()
      )();
      assert.equal((await ship.plan(orderId)).track, false);
    });

    it('also on hold: a parcel that moves was handed over', async () => {
      const { orderId, shipmentId } = await labelled();
      await change(orderId, shipmentId, 'hold');
      assert.ok(((await ship.plan(orderId)).nextInMs ?? Infinity) <= 60_000);
      await ship.shipments.requestTracking([labelOf(shipmentId).trackerId]);
      assert.equal((await ship.plan(orderId)).track, true);
      await ship.track(orderId, shipmentId, 'in_transit');
      assert.equal((await oneShipment(orderId)).status, 'in_transit');
    });

    it('and need an operator when they are sent although they are cancelled', async () => {
      const { orderId, shipmentId } = await labelled();
      const { trackerId, trackingCode } = labelOf(shipmentId);
      await change(orderId, shipmentId, 'cancel');
      await ship.shipments.recordLabelRefund({ orderId, shipmentId, refund: 'refunded' });
      assert.deepEqual([(await ship.plan(orderId)).track, (await ship.plan(orderId)).attention], [false, []]);

      assert.deepEqual(await ship.shipments.requestTracking([trackerId]), [{ orderId }]);
      assert.equal((await ship.plan(orderId)).track, true);
      const record = async (status: 'in_transit' | 'pre_transit') => {
        const [due] = await ship.shipments.dueTrackers([{ orderId }]);
        assert.ok(due?.changedAt);
        await ship.shipments.recordTracking({
          orderId,
          shipmentId,
          changedAt: due.changedAt,
          tracker: { trackerId, trackingCode, status, details: [{ at: LATER, status }] },
        });
      };
      await record('pre_transit');
      assert.deepEqual([(await ship.plan(orderId)).track, (await ship.plan(orderId)).attention], [false, []]);
      await ship.shipments.requestTracking([trackerId]);
      await record('in_transit');
      const { track, attention } = await ship.plan(orderId);
      assert.deepEqual(
        [track, attention],
        [
          false,
          [
            {
              ...{ shipmentId, number: 1, reason: 'in_transit', cancelled: true },
              step: 'trackShipment 1 cancelled',
            },
          ],
        ],
      );
      assert.equal((await ship.shipmentsOf(orderId))[0]?.status, 'cancelled');
    });

    it('and the workflow of a cancelled order does not end before the carrier is asked', async () => {
      const { orderId, shipmentId } = await labelled();
      await shop.pool.query('update orders set cancelling = true where order_id = $1', [orderId]);
      await ship.plan(orderId);
      await shop.pool.query(
        `update orders set status = 'cancelled', cancelling = false where order_id = $1`,
        [orderId],
      );
      await ship.shipments.recordLabelRefund({ orderId, shipmentId, refund: 'refunded' });
      assert.equal((await ship.plan(orderId)).done, true);
      await ship.shipments.requestTracking([labelOf(shipmentId).trackerId]);
      assert.equal((await ship.plan(orderId)).done, false);
    });

    it('not as cancelled where the warehouse has reported the parcel as another shipment', async () => {
      const { orderId, shipmentId } = await labelled(3);
      const { trackerId, trackingCode } = labelOf(shipmentId);
      await ship.report(orderId, 'part', [{ line: 1, quantity: 2 }], { trackingCode });
      assert.equal((await ship.shipmentsOf(orderId))[0]?.status, 'cancelled');
      await ship.shipments.recordTracking({
        orderId,
        shipmentId,
        tracker: {
          trackerId,
          trackingCode,
          status: 'in_transit',
          details: [{ at: LATER, status: 'in_transit' }],
        },
      });
      assert.deepEqual((await ship.plan(orderId)).attention, []);
    });
  });

  describe('are changed by an operator', () => {
    it('held and released, with or without a label', async () => {
      for (const { orderId, shipmentId } of [await planned(), await labelled()]) {
        const { status } = await oneShipment(orderId);
        assert.equal(await change(orderId, shipmentId, 'hold'), 'done');
        assert.equal(await change(orderId, shipmentId, 'hold'), 'done');
        assert.equal((await ship.plan(orderId)).buyLabels, false);
        assert.equal((await oneShipment(orderId)).status, 'on_hold');
        assert.equal(await change(orderId, shipmentId, 'release'), 'done');
        assert.equal(await change(orderId, shipmentId, 'release'), 'done');
        assert.equal((await oneShipment(orderId)).status, status);
        assert.deepEqual((await eventsOf(shop, orderId)).slice(-2), ['shipment_held', 'shipment_released']);
      }
    });

    it('cancelled before they are handed over: the pieces become another shipment', async () => {
      const { orderId, sku, shipmentId } = await labelled();
      assert.equal(await change(orderId, shipmentId, 'cancel'), 'done');
      assert.equal(await change(orderId, shipmentId, 'cancel'), 'done');
      assert.deepEqual(summary(await ship.shipmentsOf(orderId)), [
        [1, 'cancelled', 'default', '1:2'],
        [2, 'allocated', 'default', '1:2'],
      ]);
      assert.equal((await ship.level(sku)).committed, 2);
      const plan = await ship.plan(orderId);
      assert.ok(plan.refundLabels && plan.buyLabels);
    });

    it('not after they are handed over', async () => {
      const { orderId, shipmentId } = await sent();
      for (const action of ['hold', 'release', 'cancel'] as const)
        assert.equal(await change(orderId, shipmentId, action), 'shipment_too_late');
      assert.equal(await change(orderId, 'shp_none', 'hold'), 'shipment_not_found');
    });

    it('delivered, where nobody tracks them', async () => {
      const { orderId, shipmentId } = await planned();
      assert.equal(await change(orderId, shipmentId, 'deliver'), 'shipment_not_shipped');
      await ship.report(orderId, 'r1', [{ line: 1, quantity: 2 }]);
      assert.equal(await change(orderId, shipmentId, 'deliver'), 'done');
      assert.equal(await change(orderId, shipmentId, 'deliver'), 'done');
      assert.equal((await ship.view(orderId)).status, 'delivered');
      assert.equal((await ship.view(orderId)).lines[0]?.delivered, 2);
    });

    it('lost and sent again, from the stock', async () => {
      const { orderId, sku, shipmentId } = await sent();
      assert.equal(await change(orderId, shipmentId, 'reship'), 'done');
      assert.equal(await change(orderId, shipmentId, 'reship'), 'done');
      assert.equal(await change(orderId, shipmentId, 'refund'), 'shipment_too_late');
      const [, again] = await ship.shipmentsOf(orderId);
      assert.deepEqual([again?.replaces, again?.status], [shipmentId, 'allocated']);
      assert.deepEqual(await ship.level(sku), { available: 6, held: 0, committed: 2, oversold: 0, sold: 4 });
      assert(again);
      await ship.plan(orderId);
      await ship.buy(orderId, again.shipmentId);
      await ship.track(orderId, again.shipmentId, 'delivered');
      const { status, lines } = await ship.view(orderId);
      assert.deepEqual([status, lines[0]?.shipped, lines[0]?.delivered], ['delivered', 2, 2]);
      assert.deepEqual((await ship.plan(orderId)).refunds, []);
    });

    it('lost and not sent again where the stock has no pieces', async () => {
      const sku = await shop.item(2);
      const orderId = await ship.order([{ sku, quantity: 2 }]);
      const shipmentId = await ship.report(orderId, 'r1', [{ line: 1, quantity: 2 }]);
      assert.equal(await change(orderId, shipmentId, 'reship'), 'not_shippable');
      assert.equal((await oneShipment(orderId)).status, 'handed_over');
    });

    it('lost and refunded', async () => {
      const { orderId, shipmentId } = await sent();
      assert.equal(await change(orderId, shipmentId, 'refund'), 'done');
      const { refunds } = await ship.plan(orderId);
      assert.deepEqual(refunds, [
        { refundId: `${orderId}/refund/lost-1`, lines: [{ line: 1, quantity: 2 }] },
      ]);
      const refundId = refunds[0]?.refundId ?? '';
      await shop.ledger.beginRefund([
        { refundId, orderId, lines: refunds[0]?.lines ?? [], kind: 'lost', requestHash: '' },
      ]);
      assert.deepEqual((await ship.plan(orderId)).refunds, []);
      await shop.ledger.finishRefund([{ refundId, orderId, status: 'succeeded' }]);
      assert.equal((await ship.view(orderId)).payment.refunded, 2_000);
    });
  });

  describe('go to an address', () => {
    const changed = { ...ADDRESS, line1: '3 Other St' };
    const changeAddress = async (orderId: string) => {
      const [result] = await ship.shipments.changeAddress([{ orderId, shipping: changed }]);
      return result?.outcome === 'refused' ? result.code : result?.outcome;
    };

    it('that can be changed before a label is bought or may be', async () => {
      const { orderId, shipmentId } = await planned();
      assert.equal(await changeAddress(orderId), 'done');
      assert.equal(await changeAddress(orderId), 'done');
      assert.deepEqual((await ship.view(orderId)).shipping, changed);
      assert.equal((await eventsOf(shop, orderId)).filter((type) => type === 'address_changed').length, 1);

      const other = await planned();
      const { orderId: otherId } = other;
      const carrierShipmentId = carrierShipmentOf(other.shipmentId);
      const kept = { orderId: otherId, shipmentId: other.shipmentId, carrierShipmentId };
      await ship.shipments.keepCarrierShipment(kept);
      assert.equal(await changeAddress(otherId), 'address_too_late');
      await ship.shipments.forgetCarrierShipment(kept);
      assert.equal(await changeAddress(otherId), 'done');
      await ship.buy(otherId, other.shipmentId);
      assert.equal(
        (await ship.shipments.changeAddress([{ orderId, shipping: changed }]))[0]?.outcome,
        'done',
      );
      await ship.buy(orderId, shipmentId);
      await change(orderId, shipmentId, 'cancel');
      assert.equal(
        (await ship.shipments.changeAddress([{ orderId, shipping: ADDRESS }]))[0]?.outcome,
        'done',
      );
    });

    it('that is not there, or cannot be changed any more', async () => {
      const { orderId } = await sent();
      assert.equal(await changeAddress(orderId), 'address_too_late');
      assert.equal(await changeAddress('ord_none'), 'not_shippable');
    });
  });

  describe('end the order', () => {
    it('when its return window is over, once', async () => {
      const { orderId, shipmentId } = await sent();
      await ship.track(orderId, shipmentId, 'delivered');
      const waiting = await ship.plan(orderId);
      assert.ok(!waiting.done && (waiting.nextInMs ?? 0) > 3_500_000);
      await ship.plan(orderId, 'carrier', 0);
      const { status } = await ship.view(orderId);
      assert.equal(status, 'closed');
      assert.equal((await eventsOf(shop, orderId)).at(-1), 'closed');
      await shop.pool.query(
        `insert into mails (order_id, kind, part, message_id, status)
         values ($1, 'shipped', 1, $1 || 'shipped', 'refused'), ($1, 'delivered', 1, $1 || 'delivered', 'sent')`,
        [orderId],
      );
      assert.equal((await ship.plan(orderId, 'carrier', 0)).done, true);
      assert.equal((await eventsOf(shop, orderId)).filter((type) => type === 'closed').length, 1);
    });

    it('not while a return is open', async () => {
      const { orderId, shipmentId } = await sent();
      await ship.track(orderId, shipmentId, 'delivered');
      await shop.pool.query(
        `insert into returns (return_id, order_id, number, status, request_hash) values ($1, $2, 1, 'open', '')`,
        [`ret_${orderId}`, orderId],
      );
      await ship.plan(orderId, 'carrier', 0);
      assert.equal((await ship.view(orderId)).status, 'delivered');
    });

    it('not when it is refunded: what is not handed over is not sent', async () => {
      const { orderId } = await labelled();
      await shop.pool.query(`update orders set status = 'refunded' where order_id = $1`, [orderId]);
      const plan = await ship.plan(orderId);
      assert.deepEqual([plan.buyLabels, plan.refundLabels, plan.done], [false, true, false]);
      const { shipmentId, status } = await oneShipment(orderId);
      assert.equal(status, 'cancelled');
      await ship.shipments.recordLabelRefund({ orderId, shipmentId, refund: 'refunded' });
      assert.equal((await ship.plan(orderId)).done, true);
    });
  });

  it('tell the customer of each step once', async () => {
    const { orderId, shipmentId } = await sent();
    assert.deepEqual((await ship.plan(orderId)).mails, [{ kind: 'shipped', part: 1 }]);
    await ship.track(orderId, shipmentId, 'out_for_delivery');
    const kinds = async () => (await ship.plan(orderId)).mails.map(({ kind }) => kind);
    assert.deepEqual(await kinds(), ['shipped', 'out_for_delivery']);
    await ship.track(orderId, shipmentId, 'delivered');
    assert.deepEqual(await kinds(), ['shipped', 'delivered']);
  });

  it('are captured with their part of the money, to the last cent', async () => {
    const sku = await shop.item(10, 333);
    const payment = { status: 'authorized' as const, captured: 0, capturable: 999 };
    const orderId = await ship.order([{ sku, quantity: 3 }], payment);
    assert.equal((await ship.plan(orderId, 'warehouse')).capture, undefined);
    const amounts: number[] = [];
    for (const key of ['r1', 'r2', 'r3']) {
      await ship.report(orderId, key, [{ line: 1, quantity: 1 }]);
      const { capture } = await ship.plan(orderId, 'warehouse');
      assert(capture);
      amounts.push(capture.amount);
      assert.equal(capture.final, key === 'r3');
      await shop.ledger.beginCapture([{ orderId, requestHash: '', ...capture }]);
      assert.equal((await ship.plan(orderId, 'warehouse')).capture, undefined);
    }
    assert.deepEqual(amounts, [333, 333, 333]);
  });

  it('are listed, the newest first, by status', async () => {
    const older = await planned();
    const { orderId, shipmentId } = await planned();
    for (const each of [older, { orderId, shipmentId }]) await change(each.orderId, each.shipmentId, 'hold');
    const filter = { clientId: 'development', status: 'on_hold' as const, limit: 1 };
    const [first] = await ship.shipments.list(filter);
    assert.deepEqual([first?.orderId, first?.shipmentId], [orderId, shipmentId]);
    const [next] = await ship.shipments.list({ ...filter, after: shipmentId });
    assert.equal(next?.shipmentId, older.shipmentId);
    assert.deepEqual(await ship.shipments.list({ clientId: 'other', limit: 10 }), []);
  });

  it('have no mail and no problem that an operator has skipped', async () => {
    const { orderId, shipmentId } = await sent();
    await ship.track(orderId, shipmentId, 'return_to_sender');
    const stepsOf = (plan: Awaited<ReturnType<typeof ship.plan>>): string[] => [
      ...plan.mails.map(({ kind, part }) => `notify ${kind} ${part}`),
      ...plan.attention.map(({ step = '' }) => step),
    ];
    const [problem] = (await ship.plan(orderId)).attention;
    for (const step of ['notify shipped 1', problem?.step ?? '']) {
      const parked = { orderId, workflowId: `order/${orderId}/fulfilment`, step };
      await shop.ledger.parkStep([
        { ...parked, reason: 'MailRefused', attempts: 1, actions: ['retry', 'skip'] },
      ]);
      await shop.ledger.resolveStep([{ ...parked, action: 'retry' }]);
      assert.ok(stepsOf(await ship.plan(orderId)).includes(step));
      await shop.ledger.resolveStep([{ ...parked, action: 'skip' }]);
      assert.ok(!stepsOf(await ship.plan(orderId)).includes(step));
    }
  });
});
