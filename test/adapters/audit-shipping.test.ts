import assert from 'node:assert/strict';
import { createReturnStore, type ReturnStore } from '../../src/adapters/postgres/return-store.ts';
import type { ShipmentAction } from '../../src/adapters/postgres/shipment-store.ts';
import type { LineQuantity } from '../../src/contracts/http/shipments.ts';
import {
  cancellationWorkflowId,
  fulfilmentWorkflowId,
  returnWorkflowId,
} from '../../src/contracts/temporal/names.ts';
import type { RefundCommand } from '../../src/contracts/temporal/operations.ts';
import { line } from '../../harness/orders.ts';
import { type AuditScenario, openAuditScenario, type PaidOrder } from '../support/audit-scenario.ts';
import { customer, shipmentRequest } from '../support/sandbox/easypost.ts';
import { addLocation, ADDRESS, shippingShop, type ShippingShop } from '../support/shipments.ts';

const requestHash = 'a'.repeat(64);
const of = (which: number, quantity: number): LineQuantity => ({ line: which, quantity });

describe('the audit of shipments and returns', function () {
  this.timeout(120_000);
  let scenario: AuditScenario;
  let shipping: ShippingShop;
  let returns: ReturnStore;
  let sku: string;
  let ids: number;

  beforeEach(async () => {
    ids = 0;
    scenario = await openAuditScenario(({ carrier }) => carrier);
    shipping = shippingShop(scenario.shop);
    returns = createReturnStore(scenario.shop.pool);
    sku = await scenario.shop.item(20);
  });
  afterEach(() => scenario.close());

  const ships = (orderId: string): void => {
    scenario.runs({ orderId, workflowId: fulfilmentWorkflowId(orderId) });
  };
  const endWorkflows = (): void => {
    scenario.workflows.length = 0;
  };

  const paid = (quantity: number, address: object = { shipping: ADDRESS }): Promise<PaidOrder> =>
    scenario.paid({ order: { lines: [line(sku, quantity)], ...address } });

  /** Creates a paid order whose fulfilment runs, with its shipment planned. */
  async function planned(quantity = 2): Promise<PaidOrder & { shipmentId: string }> {
    const order = await paid(quantity);
    await shipping.plan(order.orderId);
    ships(order.orderId);
    return { ...order, shipmentId: await openShipment(order.orderId) };
  }

  async function openShipment(orderId: string): Promise<string> {
    const open = (await shipping.shipmentsOf(orderId)).find(({ status }) => status === 'allocated');
    assert.ok(open);
    return open.shipmentId;
  }

  /** Buys a label at the carrier. Returns the carrier's id. */
  async function sell(reference: string): Promise<string> {
    const { carrier } = scenario.provider;
    const { carrierShipmentId } = await carrier.createShipment(shipmentRequest(reference));
    await carrier.buyLabel({ carrierShipmentId, service: 'cheapest' });
    return carrierShipmentId;
  }

  /** Buys the label of a shipment, and records it as the activity does. */
  async function buy(orderId: string, shipmentId: string): Promise<string> {
    const { carrier } = scenario.provider;
    const { carrierShipmentId } = await carrier.createShipment(shipmentRequest(shipmentId));
    await shipping.shipments.keepCarrierShipment({ orderId, shipmentId, carrierShipmentId });
    const label = await carrier.buyLabel({ carrierShipmentId, service: 'cheapest' });
    await shipping.shipments.recordLabel({ orderId, shipmentId, carrierShipmentId, label });
    return carrierShipmentId;
  }

  async function change(orderId: string, shipmentId: string, action: ShipmentAction): Promise<void> {
    const [result] = await shipping.shipments.change([{ orderId, shipmentId, action }]);
    assert.equal(result?.outcome, 'done', JSON.stringify(result));
  }

  /** Creates an order that is delivered. Nothing is left to do for it. */
  async function delivered(quantity = 2): Promise<PaidOrder & { shipmentId: string; label: string }> {
    const order = await planned(quantity);
    const { orderId, shipmentId } = order;
    const label = await buy(orderId, shipmentId);
    await shipping.track(orderId, shipmentId, 'in_transit');
    await shipping.track(orderId, shipmentId, 'delivered');
    return { ...order, label };
  }

  /** Refunds at the provider and in the ledger, as the workflow does. */
  async function refund(
    order: PaidOrder,
    changes: Partial<RefundCommand>,
    status: 'succeeded' | 'skipped' = 'succeeded',
  ): Promise<void> {
    const { orderId, paymentIntentId } = order;
    const refundId = `${orderId}/refund/${(ids += 1)}`;
    const [begun] = await scenario.shop.ledger.beginRefund([{ refundId, orderId, requestHash, ...changes }]);
    assert.ok(begun?.outcome === 'booked', JSON.stringify(begun));
    const { amount, number } = begun;
    if (status === 'succeeded')
      await scenario.provider.payments.refund({
        ...{ orderId, paymentIntentId, amount, refundId: changes.refundId ?? refundId },
      });
    await scenario.shop.ledger.finishRefund([{ orderId, refundId: changes.refundId ?? refundId, status }]);
    if (status === 'succeeded') await scenario.mailed(orderId, ['refunded'], number);
  }

  /** Opens a return of pieces of line 1, with a label. */
  async function openReturn(
    orderId: string,
    quantity: number,
  ): Promise<{ returnId: string; carrierShipmentId: string }> {
    const returnId = `ret_${String((ids += 1)).padStart(32, '0')}`;
    const asked = await returns.request({
      ...{ returnId, orderId, lines: [of(1, quantity)], windowMs: 86_400_000, requestHash },
    });
    assert.ok(asked.outcome === 'booked', JSON.stringify(asked));
    scenario.runs({ orderId, workflowId: returnWorkflowId(orderId, asked.number) });
    await returns.decide({ returnId, action: 'open', label: true });
    const { carrier } = scenario.provider;
    const { carrierShipmentId } = await carrier.createShipment(shipmentRequest(returnId));
    await returns.recordLabel({ returnId, carrierShipmentId });
    const {
      carrier: name,
      trackingCode,
      labelUrl,
    } = await carrier.buyLabel({
      carrierShipmentId,
      service: 'cheapest',
    });
    await returns.recordLabel({ returnId, label: 'bought', carrier: name, trackingCode, labelUrl });
    return { returnId, carrierShipmentId };
  }

  /** Receives everything of a return as restocked, refunds it and closes it. */
  async function receive(order: PaidOrder, returnId: string, quantity: number): Promise<void> {
    const refundId = `${order.orderId}/refund/${returnId}`;
    const result = await returns.receive({
      ...{ returnId, receiptId: 'receipt', refundId },
      lines: [{ ...of(1, quantity), disposition: 'restocked' }],
    });
    assert.equal(result.outcome, 'booked', JSON.stringify(result));
    await refund(order, { refundId, kind: 'return', lines: [of(1, quantity)] });
    await returns.decide({ returnId, action: 'close' });
  }

  /** Makes a workflow that should have started a while ago. */
  const age = (table: string, column = 'created_at'): Promise<void> =>
    scenario.sql(`update ${table} set ${column} = ${column} - interval '1 hour'`);

  describe('of consistent records', () => {
    it('finds no difference in what is delivered, cancelled, lost, returned and refunded', async () => {
      await delivered();

      const cancelled = await planned();
      const unused = await buy(cancelled.orderId, cancelled.shipmentId);
      await change(cancelled.orderId, cancelled.shipmentId, 'cancel');
      const refunded = await scenario.provider.carrier.refundLabel(unused);
      await shipping.shipments.recordLabelRefund({
        ...{ orderId: cancelled.orderId, shipmentId: cancelled.shipmentId, refund: refunded },
      });

      const back = await delivered();
      const { returnId } = await openReturn(back.orderId, 1);
      await receive(back, returnId, 1);

      const partly = await planned(3);
      await refund(partly, { kind: 'line_cancellation', lines: [of(1, 1)] });

      const lost = await planned();
      await buy(lost.orderId, lost.shipmentId);
      await shipping.track(lost.orderId, lost.shipmentId, 'in_transit');
      await change(lost.orderId, lost.shipmentId, 'refund');
      await refund(lost, { kind: 'lost', lines: [of(1, 2)] });

      const { differences, checked } = await scenario.audit();

      assert.deepEqual(differences, []);
      assert.deepEqual([checked.shipments, checked.returns, checked.carrierLabels], [7, 1, 5]);
    });

    it('finds no difference while a lost shipment is sent again from another location, and afterwards', async () => {
      const order = await planned(3);
      const { orderId, shipmentId } = order;
      await buy(orderId, shipmentId);
      await shipping.track(orderId, shipmentId, 'in_transit');
      await addLocation(scenario.shop, 'second', { [sku]: 10 });
      await scenario.shop.catalogue.put(sku, {
        ...{ title: sku, unitPrice: 1_000, currency: 'EUR', onHand: 0 },
      });
      await change(orderId, shipmentId, 'reship');
      await scenario.finds();
      await refund(order, { kind: 'line_cancellation', lines: [of(1, 1)] });
      await scenario.finds();

      const again = await openShipment(orderId);
      await buy(orderId, again);
      await shipping.track(orderId, again, 'delivered');
      await scenario.finds();
      assert.deepEqual(
        (await shipping.shipmentsOf(orderId)).map(({ status, location }) => [status, location]),
        [
          ['lost', 'default'],
          ['cancelled', 'second'],
          ['delivered', 'second'],
        ],
      );
    });

    it('finds no difference when a lost shipment is sent again from the same location', async () => {
      const { orderId, shipmentId } = await planned(2);
      await buy(orderId, shipmentId);
      await shipping.track(orderId, shipmentId, 'in_transit');
      await change(orderId, shipmentId, 'reship');
      await scenario.finds();
      await shipping.track(orderId, await openShipment(orderId), 'delivered');
      await scenario.finds();
    });

    it('finds no difference after refunds by line, by amount, of the rest, and those that were skipped', async () => {
      const order = await delivered(5);
      await refund(order, { lines: [of(1, 1)] });
      await refund(order, { lines: [of(1, 1)] }, 'skipped');
      await refund(order, { amount: 300 });
      await refund(order, { lines: [of(1, 1)], restock: true });
      await scenario.finds();
      await refund(order, {});
      await scenario.finds();
    });

    it('finds no difference in an order without an address whose pieces are put back on sale', async () => {
      const order = await paid(3, {});
      await refund(order, { lines: [of(1, 2)], restock: true });
      await scenario.finds();
    });

    it('finds no difference in an order that is cancelled as a whole after a line was', async () => {
      const { orderId, paymentIntentId, ...order } = await planned(3);
      await refund({ orderId, paymentIntentId, ...order }, { kind: 'line_cancellation', lines: [of(1, 1)] });
      const [begun] = await scenario.shop.ledger.beginCancellation([{ orderId, reason: 'test' }]);
      assert.ok(begun?.refund);
      const { refundId, amount } = begun.refund;
      scenario.runs({ orderId, workflowId: cancellationWorkflowId(orderId) });
      await scenario.finds();
      await scenario.provider.payments.refund({ orderId, paymentIntentId, amount, refundId });
      await scenario.shop.ledger.finishCancellation([{ orderId, reason: 'test', refund: 'succeeded' }]);
      await scenario.mailed(orderId, ['cancelled']);
      endWorkflows();
      await scenario.finds();
    });

    it('compares no labels in a shop that buys none', async () => {
      const other = await openAuditScenario();
      try {
        const { orderId } = await other.paid({ order: { shipping: customer() } });
        const shop = shippingShop(other.shop);
        await shop.plan(orderId);
        const [shipment] = await shop.shipmentsOf(orderId);
        await shop.buy(orderId, shipment?.shipmentId ?? '');
        await other.finds();
      } finally {
        await other.close();
      }
    });
  });

  describe('of our own records', () => {
    it('finds goods that no workflow ships, once its time to start is over', async () => {
      const { orderId } = await paid(1);
      await scenario.finds();
      await age('orders', 'outcome_at');
      const [found] = await scenario.finds('order_not_shipped');
      assert.deepEqual(
        [found?.orderId, found?.ids],
        [orderId, { workflowId: fulfilmentWorkflowId(orderId) }],
      );
      ships(orderId);
      await scenario.finds();
    });

    it('finds a parcel that no workflow follows', async () => {
      const { orderId, shipmentId } = await planned();
      await shipping.report(orderId, 'key', [of(1, 2)]);
      endWorkflows();
      await scenario.finds();
      await age('shipments');
      const [found] = await scenario.finds('shipment_without_workflow');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { shipmentId }]);
    });

    it('finds a line whose shipped or delivered pieces are not those of its shipments', async () => {
      const { orderId } = await delivered();
      await scenario.sql('update order_lines set delivered = 1');
      const [found] = await scenario.finds('line_delivered');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { line: '1' }]);
      assert.match(found?.detail ?? '', /the line has 1 delivered, and its delivered shipments have 2/);
      await scenario.sql('update order_lines set delivered = 1, shipped = 1');
      await scenario.finds('line_delivered', 'line_shipped');
    });

    it('finds more pieces in shipments than are ordered', async () => {
      const { orderId, shipmentId } = await planned();
      await scenario.sql('update shipment_lines set quantity = 3 where shipment_id = $1', [shipmentId]);
      const [found] = await scenario.finds('line_shipped_too_often');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { line: '1' }]);
    });

    it('finds a shipment that was handed over elsewhere than its pieces were reserved', async () => {
      const { orderId, shipmentId } = await delivered();
      await addLocation(scenario.shop, 'second', { [sku]: 1 });
      await scenario.sql(`update shipments set location_id = 'second' where shipment_id = $1`, [shipmentId]);
      const found = await scenario.finds('stock_handed_over', 'stock_handed_over');
      assert.equal(found[0]?.orderId, orderId);
      const { differences } = await scenario.audit();
      assert.deepEqual(differences.map(({ ids: { location } }) => location).sort(), ['default', 'second']);
    });

    it('finds a reservation without the pieces that are sent again', async () => {
      const { orderId, shipmentId } = await delivered();
      await scenario.sql(
        `insert into shipments (shipment_id, order_id, number, location_id, status, mode, replaces)
         select shipment_id || '2', order_id, 2, location_id, 'cancelled', mode, shipment_id from shipments where shipment_id = $1`,
        [shipmentId],
      );
      const [found] = await scenario.finds('reservation_quantity', 'line_shipped');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { sku }]);
    });

    it('finds receipts that are not those of the return, and more pieces than were delivered', async () => {
      const order = await delivered();
      const { returnId } = await openReturn(order.orderId, 2);
      await receive(order, returnId, 1);
      await scenario.sql('update return_receipts set quantity = 2');
      const [found] = await scenario.finds('return_received');
      assert.deepEqual([found?.orderId, found?.ids], [order.orderId, { returnId, line: '1' }]);
      await scenario.sql('update return_receipts set quantity = 3');
      await scenario.finds('return_received', 'return_exceeds_delivered');
    });

    it('finds a return that no workflow follows', async () => {
      const { orderId } = await delivered();
      const { returnId } = await openReturn(orderId, 1);
      endWorkflows();
      await scenario.finds();
      await age('returns');
      const [found] = await scenario.finds('return_without_workflow');
      assert.deepEqual(found?.ids, { returnId, workflowId: returnWorkflowId(orderId, 1) });
    });

    it('finds a mail about a parcel that was not sent, but not while the fulfilment runs', async () => {
      const { orderId } = await delivered();
      await scenario.mailed(orderId, ['shipped']);
      await scenario.sql(`update mails set status = 'failed' where kind = 'shipped'`);
      await scenario.finds();
      endWorkflows();
      const [found] = await scenario.finds('parcel_mail_unsent');
      assert.deepEqual([found?.orderId, found?.ids['kind']], [orderId, 'shipped']);
    });

    it('finds a line whose refunded money is not that of its refunds', async () => {
      const order = await delivered();
      await refund(order, { lines: [of(1, 1)] });
      await scenario.sql('update order_lines set refunded_amount = 900');
      const [found] = await scenario.finds('line_refunded');
      assert.deepEqual([found?.orderId, found?.ids], [order.orderId, { line: '1' }]);
      assert.match(found?.detail ?? '', /the line has 900 refunded, and the refunds by line have 1000/);
    });
  });

  describe("of the carrier's records", () => {
    it('finds a label that the carrier does not know, also if it knows no other', async () => {
      const { orderId, shipmentId } = await planned();
      await shipping.buy(orderId, shipmentId);
      const [found] = await scenario.finds('label_not_at_carrier');
      assert.deepEqual(found?.ids, { shipmentId, carrierShipmentId: `carrier_${shipmentId}` });
      await delivered();
      await scenario.finds('label_not_at_carrier');
    });

    it('finds the label of a return that the carrier does not know', async () => {
      const { orderId } = await delivered();
      const { returnId, carrierShipmentId } = await openReturn(orderId, 1);
      await scenario.finds();
      await scenario.sql(`update returns set carrier_shipment_id = 'shp_none'`);
      const [found, unknown] = await scenario.finds('label_not_at_carrier', 'label_unknown_here');
      assert.deepEqual(found?.ids, { returnId, carrierShipmentId: 'shp_none' });
      assert.deepEqual(
        [unknown?.orderId, unknown?.ids],
        [orderId, { carrierShipmentId, reference: returnId }],
      );
    });

    it('finds another tracking code, of a shipment and of a return', async () => {
      const { orderId, shipmentId, label } = await delivered();
      const { returnId, carrierShipmentId } = await openReturn(orderId, 1);
      await scenario.sql(`update shipments set tracking_code = 'other'`);
      const [found] = await scenario.finds('label_differs');
      assert.deepEqual(found?.ids, { shipmentId, carrierShipmentId: label });
      await scenario.sql(`update returns set tracking_code = 'other'`);
      const { differences } = await scenario.audit();
      assert.deepEqual(
        differences.map(({ rule, ids: { returnId: id, carrierShipmentId: carrierId } }) => [
          rule,
          id,
          carrierId,
        ]),
        [
          ['label_differs', undefined, label],
          ['label_differs', returnId, carrierShipmentId],
        ],
      );
    });

    it('finds a label that was bought a second time, even while the workflow runs', async () => {
      const { orderId, shipmentId } = await delivered();
      const second = await sell(shipmentId);
      const [found] = await scenario.finds('label_unknown_here');
      assert.deepEqual(
        [found?.orderId, found?.ids],
        [orderId, { carrierShipmentId: second, reference: shipmentId }],
      );
      await scenario.provider.carrier.refundLabel(second);
      await scenario.finds();
    });

    it('finds a label that was bought and not recorded, but not while a workflow may record it', async () => {
      const { orderId, shipmentId } = await planned();
      await sell(shipmentId);
      await scenario.finds();
      endWorkflows();
      const [found] = await scenario.finds('label_unknown_here');
      assert.equal(found?.orderId, orderId);
    });

    it('ignores labels that others buy in the same account of the carrier', async () => {
      await delivered();
      await sell('order 4711');
      await scenario.finds();
    });

    it('finds the paid label of a cancelled shipment, but not while a workflow requests its refund', async () => {
      const { orderId, shipmentId } = await planned();
      const label = await buy(orderId, shipmentId);
      await change(orderId, shipmentId, 'cancel');
      await scenario.finds();
      endWorkflows();
      const [found] = await scenario.finds('label_not_refunded');
      assert.deepEqual([found?.orderId, found?.ids], [orderId, { shipmentId, carrierShipmentId: label }]);
      await scenario.provider.carrier.refundLabel(label);
      await scenario.finds();
    });
  });
});
