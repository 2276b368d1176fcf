import assert from 'node:assert/strict';
import type { Pool } from '../../../src/adapters/postgres/pool.ts';
import { createShipmentStore } from '../../../src/adapters/postgres/shipment-store.ts';

const LABEL = {
  carrier: 'USPS',
  service: 'Priority',
  trackingCode: 'EZ2000000002',
  trackerId: 'trk_walk',
  labelUrl: 'https://carrier.example/label.png',
  cost: 500,
  currency: 'USD',
};

/** Everything that is done with shipments, on two paid orders of one piece that have an address. */
export async function walkShipments(pool: Pool, [orderId, otherId]: [string, string]): Promise<void> {
  const store = createShipmentStore(pool);
  const planOf = async (id: string) => {
    const [plan] = await store.plan([
      { orderId: id, mode: 'carrier', tracking: true, returnWindowMs: 3_600_000 },
    ]);
    assert(plan);
    return plan;
  };
  assert.deepEqual(await store.withCommittedStock([orderId]), [orderId]);
  assert.ok((await planOf(orderId)).buyLabels);
  await store.reallocateShorts([{ orderId }]);
  const shipping = { name: 'Ada', line1: '3 Low St', city: 'Berlin', postalCode: '10115', country: 'DE' };
  const [moved] = await store.changeAddress([{ orderId, shipping }]);
  assert(moved?.outcome === 'done' && moved.sequence !== undefined);

  const [due] = await store.dueLabels([{ orderId }]);
  assert(due);
  const { shipmentId } = due;
  const carrierShipmentId = 'shp_walk';
  const kept = { orderId, shipmentId, carrierShipmentId };
  assert.equal(await store.keepCarrierShipment(kept), carrierShipmentId);
  await store.forgetCarrierShipment(kept);
  assert.equal(await store.keepCarrierShipment(kept), carrierShipmentId);
  await store.recordLabel({ ...kept, label: LABEL });
  for (const action of ['hold', 'release', 'cancel'] as const) {
    const [changed] = await store.change([{ orderId, shipmentId, action }]);
    assert.equal(changed?.outcome, 'done');
  }
  assert.deepEqual(await store.dueLabelRefunds([{ orderId }]), [{ ...kept, first: true }]);
  await store.recordLabelRefund({ orderId, shipmentId, refund: 'refunded' });

  const report = { carrier: 'USPS', trackingCode: 'EZ3000000003', requestHash: 'a'.repeat(64), key: 'walk' };
  const [reported] = await store.report([{ orderId: otherId, lines: [{ line: 1, quantity: 1 }], ...report }]);
  assert(reported?.outcome === 'done');
  const parcel = { orderId: otherId, shipmentId: reported.shipmentId };
  assert.equal((await store.dueTrackers([{ orderId: otherId }])).length, 1);
  const details = [{ at: new Date().toISOString(), status: 'in_transit' as const }];
  await store.recordTracking({
    ...parcel,
    tracker: {
      trackerId: 'trk_other',
      trackingCode: report.trackingCode,
      status: 'in_transit',
      details,
    },
  });
  assert.deepEqual(await store.requestTracking(['trk_other']), [{ orderId: otherId }]);
  assert.deepEqual((await store.withShipments([otherId])).length, 1);
  const [newest] = await store.list({ clientId: 'development', status: 'in_transit', limit: 1 });
  assert.equal(newest?.shipmentId, parcel.shipmentId);
  assert.equal((await planOf(otherId)).status, 'shipped');
}
