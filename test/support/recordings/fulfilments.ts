import assert from 'node:assert/strict';
import type { ShipmentAction } from '../../../src/adapters/postgres/shipment-store.ts';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import type { CheckoutPolicy } from '../../../src/contracts/temporal/checkout.ts';
import { CHANGED_SIGNAL } from '../../../src/contracts/temporal/messages.ts';
import {
  CANCELLATION_WORKFLOW,
  cancellationWorkflowId,
  fulfilmentWorkflowId,
} from '../../../src/contracts/temporal/names.ts';
import type { History } from '../../../src/workers/history-json.ts';
import { waitUntilPasses } from '../../../harness/wait-for.ts';
import { line } from '../../../harness/orders.ts';
import { viewOf } from '../paid-orders.ts';
import { customer, warehouse } from '../sandbox/easypost.ts';
import { addLocation } from '../shipments.ts';
import type { RecordedRun, RecordingStage } from './stage.ts';
import { CAPTURE_LATER, ended, parks, resolveStep, type Recording } from './steps.ts';

/** More than the history of a run of the workflow may have. */
const SIGNALS = 2_000;

/** Recordings of the fulfilment of paid orders. */
export const FULFILMENT_RECORDINGS: Readonly<Record<string, Recording>> = {
  fulfilment_delivered_then_closed: async (stage) => {
    const parcel = await ship(stage);
    await parcel.becomes('label_bought');
    return parcel.delivered();
  },

  fulfilment_held_then_released: async (stage) => {
    const parcel = await ship(stage, { hold: true });
    await parcel.becomes('on_hold');
    await parcel.act('release');
    await parcel.becomes('label_bought');
    return parcel.delivered();
  },

  fulfilment_cancelled_then_label_refunded: async (stage) => {
    const parcel = await ship(stage);
    const { orderId } = parcel;
    await parcel.becomes('label_bought');
    const { trackingCode } = await parcel.newest();
    const cancellation = await stage.start({
      type: CANCELLATION_WORKFLOW,
      workflowId: cancellationWorkflowId(orderId),
      orderId,
      input: { orderId, reason: 'changed_my_mind' },
    });
    await cancellation.handle.result();
    await parcel.changed();
    await parcel.hasLabelRefund('submitted');
    await stage.provider.post(`/parcels/${trackingCode}/refund`, { status: 'refunded' });
    // The carrier is asked again after a day.
    await stage.shop.pool.query('update shipments set next_check_at = now() where order_id = $1', [orderId]);
    await parcel.changed();
    return parcel.completed();
  },

  fulfilment_reported_by_warehouse: async (stage) => {
    const parcel = await ship(stage, { quantity: 2, byWarehouse: true });
    await parcel.report(1);
    await parcel.becomes('handed_over');
    await parcel.act('deliver');
    await parcel.report(1);
    await parcel.act('deliver');
    return parcel.completed();
  },

  fulfilment_address_refused_then_corrected: async (stage) => {
    const parcel = await ship(stage, { line2: 'sandbox_refused' });
    await parks(stage, parcel.orderId);
    await parcel.correctAddress();
    await parcel.becomes('label_bought');
    return parcel.delivered();
  },

  fulfilment_lost_then_sent_again: async (stage) => {
    const parcel = await ship(stage);
    await parcel.becomes('label_bought');
    await parcel.moves('in_transit');
    await parcel.act('reship');
    await parcel.becomes('label_bought');
    return parcel.delivered();
  },

  fulfilment_lost_then_refunded: async (stage) => {
    const parcel = await ship(stage);
    await parcel.becomes('label_bought');
    await parcel.moves('in_transit');
    await parcel.act('refund');
    await parcel.until(({ status }) => status === 'refunded');
    await parcel.changed();
    return parcel.completed();
  },

  fulfilment_returned_to_sender_then_refunded: async (stage) => {
    const parcel = await ship(stage);
    await parcel.becomes('label_bought');
    await parcel.moves('in_transit');
    await parcel.moves('return_to_sender', 'returning');
    await parks(stage, parcel.orderId);
    const [problem] = await stage.shop.reader.parked(parcel.orderId);
    await resolveStep(parcel.run, problem?.step ?? '', 'skip');
    await parcel.act('refund');
    await parcel.until(({ status }) => status === 'refunded');
    await parcel.changed();
    return parcel.completed();
  },

  fulfilment_short_then_taken_from_another_location: async (stage) => {
    const parcel = await ship(stage, { short: true });
    await parks(stage, parcel.orderId);
    await addLocation(stage.shop, `reserve-${parcel.orderId}`, { [parcel.sku]: 5 });
    await resolveStep(parcel.run, 'allocateStock', 'retry');
    await parcel.becomes('label_bought');
    return parcel.delivered();
  },

  fulfilment_captured_for_each_shipment: async (stage) => {
    const parcel = await ship(stage, { quantity: 3, policy: CAPTURE_LATER, byWarehouse: true });
    const first = await parcel.report(1);
    await parcel.until(({ payment }) => payment.captured === 1_000);
    await parcel.act('deliver', first);
    const second = await parcel.report(2);
    await parcel.until(({ payment }) => payment.captured === 3_000);
    await parcel.act('deliver', second);
    return parcel.completed();
  },

  /** The last run of a workflow that has continued as new while its address was refused. */
  fulfilment_continued_as_new: async (stage) => {
    const parcel = await ship(stage, { line2: 'sandbox_refused' });
    await parks(stage, parcel.orderId);
    const { runId } = await parcel.run.handle.describe();
    await Promise.all(Array.from({ length: SIGNALS }, () => parcel.run.handle.signal(CHANGED_SIGNAL)));
    await waitUntilPasses(async () => {
      assert.notEqual((await parcel.run.handle.describe()).runId, runId);
    }, 60_000);
    await parcel.correctAddress();
    await parcel.becomes('label_bought');
    return parcel.delivered();
  },
};

interface Wanted {
  quantity?: number;
  /** A scenario of the sandbox. */
  line2?: string;
  policy?: Partial<CheckoutPolicy>;
  byWarehouse?: boolean;
  /** The shipment is held before its label is bought. */
  hold?: boolean;
  /** The pieces are missing at their location. */
  short?: boolean;
}

interface Parcel {
  orderId: string;
  sku: string;
  run: RecordedRun;
  newest(): Promise<OrderView['shipments'][number]>;
  changed(): Promise<void>;
  until(check: (order: OrderView) => boolean): Promise<void>;
  /** Waits until the newest shipment has this status. */
  becomes(status: string): Promise<void>;
  /** The carrier reports where the newest parcel is, and the shop hears of it. */
  moves(reported: string, status?: string): Promise<void>;
  /** What an operator does with a shipment; by default the newest. */
  act(action: ShipmentAction, shipmentId?: string): Promise<void>;
  /** The warehouse reports a parcel. Returns the id of the shipment. */
  report(quantity: number): Promise<string>;
  correctAddress(): Promise<void>;
  hasLabelRefund(status: string): Promise<void>;
  /** The carrier delivers the newest parcel, and the return window ends. */
  delivered(): Promise<History>;
  completed(): Promise<History>;
}

/** Starts the fulfilment of a paid order. */
async function ship(
  stage: RecordingStage,
  { quantity = 1, line2, policy, byWarehouse = false, hold = false, short = false }: Wanted = {},
): Promise<Parcel> {
  const { shop, provider, shipments } = stage;
  await shop.pool.query('update locations set address = $1', [JSON.stringify(warehouse)]);
  const sku = await shop.item(100);
  const placed = await stage.place({ lines: [line(sku, quantity)], shipping: customer(line2) }, policy);
  await ended(placed, 'paid');
  const { orderId } = placed.order;
  const run = stage.run(fulfilmentWorkflowId(orderId));
  if (byWarehouse) stage.shippedByWarehouse.add(orderId);
  if (short) await shop.catalogue.put(sku, { title: sku, unitPrice: 1_000, currency: 'EUR', onHand: 0 });
  const view = () => viewOf(shop, orderId);
  const changed = () => stage.fulfilments.changed(orderId);
  let reports = 0;

  const parcel: Parcel = {
    ...{ orderId, sku, run, changed },
    async newest() {
      const newest = (await view()).shipments.at(-1);
      assert(newest, `order ${orderId} has no shipment`);
      return newest;
    },
    until: (check) =>
      waitUntilPasses(async () => {
        const order = await view();
        assert.ok(check(order), `order ${orderId} is ${order.status}`);
      }, 60_000),
    becomes: (status) =>
      waitUntilPasses(async () => {
        assert.equal((await parcel.newest()).status, status);
      }, 60_000),
    async moves(reported, status = reported) {
      const { trackingCode } = await parcel.newest();
      await provider.post(`/parcels/${trackingCode}/report`, { status: reported });
      const { rows } = await shop.pool.query<{ tracker_id: string }>(
        'select tracker_id from shipments where order_id = $1 order by number desc limit 1',
        [orderId],
      );
      await shipments.requestTracking(rows.map((row) => row.tracker_id));
      await changed();
      await parcel.becomes(status);
    },
    async act(action, shipmentId) {
      const id = shipmentId ?? (await parcel.newest()).shipmentId;
      const [result] = await shipments.change([{ orderId, shipmentId: id, action }]);
      assert.equal(result?.outcome, 'done', JSON.stringify(result));
      await changed();
    },
    async report(pieces) {
      reports += 1;
      const [result] = await shipments.report([
        {
          ...{ orderId, key: `parcel-${reports}`, requestHash: 'a'.repeat(64) },
          lines: [{ line: 1, quantity: pieces }],
          ...{ carrier: 'USPS', trackingCode: `EZ${reports}-${orderId}` },
        },
      ]);
      assert(result?.outcome === 'done', JSON.stringify(result));
      await changed();
      return result.shipmentId;
    },
    async correctAddress() {
      const [result] = await shipments.changeAddress([{ orderId, shipping: customer() }]);
      assert.equal(result?.outcome, 'done', JSON.stringify(result));
      await changed();
    },
    hasLabelRefund: (status) =>
      waitUntilPasses(async () => {
        const sql = 'select from shipments where order_id = $1 and label_refund = $2';
        assert.notEqual((await shop.pool.query(sql, [orderId, status])).rowCount, 0);
      }, 60_000),
    async delivered() {
      for (const status of ['in_transit', 'out_for_delivery', 'delivered']) await parcel.moves(status);
      return parcel.completed();
    },
    async completed() {
      await run.handle.result();
      return run.history();
    },
  };

  if (hold) {
    await shipments.plan([{ orderId, mode: 'carrier', tracking: true, returnWindowMs: 1_000 }]);
    await parcel.act('hold');
  } else await stage.fulfilments.changed(orderId);
  return parcel;
}
