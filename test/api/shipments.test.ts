import assert from 'node:assert/strict';
import type { OrderRequest, OrderView } from '../../src/contracts/http/order.ts';
import type { ListedShipmentView, ShipmentView } from '../../src/contracts/http/shipments.ts';
import { fulfilmentWorkflowId } from '../../src/contracts/temporal/names.ts';
import { waitAtMost, waitUntilPasses } from '../../harness/wait-for.ts';
import { openShippingStage, type ShippingStage } from '../support/api/shipping.ts';
import { orderCalls, type OrderCalls } from '../support/api/order-calls.ts';
import { delivering, eventOf, intentOf } from '../support/api/stripe-events.ts';
import { getting, newKey, problemOf, sending } from '../support/api/requests.ts';
import { raw, SHIPMENT } from '../../harness/brokers/message.ts';
import { createTestBroker, openTestIntake } from '../support/intake/stage.ts';
import { customer, warehouse } from '../support/sandbox/easypost.ts';

describe('shipping over HTTP', function () {
  this.timeout(120_000);
  let stage: ShippingStage;
  let shop: OrderCalls;

  before(async function () {
    this.timeout(180_000);
    stage = await openShippingStage({ policy: { returnWindowMs: 1_000 } });
    shop = orderCalls(stage.app);
    await stage.shop.pool.query(`update locations set address = $1`, [JSON.stringify(warehouse)]);
  });
  after(() => stage.close());

  const place = (changes: Partial<OrderRequest> = {}, line2?: string) =>
    shop.place({ shipping: customer(line2), ...changes });
  const becomes = (orderId: string, status: string, check?: (shipment: ShipmentView) => void) =>
    shop.becomes(orderId, ({ shipments }) => {
      const newest = shipments.at(-1);
      assert.equal(newest?.status, status);
      check?.(newest);
    });
  const newestOf = ({ shipments }: OrderView): ShipmentView => {
    const newest = shipments.at(-1);
    assert(newest);
    return newest;
  };
  /** A paid order whose label is bought. */
  async function labelled(
    changes?: Partial<OrderRequest>,
  ): Promise<{ orderId: string; shipment: ShipmentView }> {
    const { orderId } = await place(changes);
    return { orderId, shipment: newestOf(await becomes(orderId, 'label_bought')) };
  }
  const moves = (parcel: string, status: string) =>
    stage.sandbox.control('POST', `/parcels/${parcel}/report`, { status });
  const act = (orderId: string, shipmentId: string, action: string, body?: object) =>
    stage.app.inject(sending('POST', `/v1/orders/${orderId}/shipments/${shipmentId}/${action}`, body));
  const report = (orderId: string, body: object, key = newKey()) =>
    stage.app.inject(sending('POST', `/v1/orders/${orderId}/shipments`, body, { 'idempotency-key': key }));

  it('sends a paid order with an address, from the label to the end of its return window, and tells the customer once of each step', async () => {
    const { orderId, shipment } = await labelled();
    assert.ok(shipment.trackingCode && shipment.labelUrl && shipment.carrier);
    assert.equal((await shop.order(orderId)).reservations[0]?.state, 'committed');
    for (const status of ['in_transit', 'out_for_delivery', 'delivered'] as const) {
      await moves(shipment.trackingCode, status);
      await becomes(orderId, status);
    }
    const { lines } = await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'closed');
    });
    assert.deepEqual([lines[0]?.shipped, lines[0]?.delivered], [1, 1]);
    const names = (await shop.events(orderId)).map(({ name }) => name);
    assert.deepEqual(names, [
      'placed',
      'reserved',
      'paid',
      'shipped',
      'out_for_delivery',
      'delivered',
      'closed',
    ]);
    const workflow = stage.client.workflow.getHandle(fulfilmentWorkflowId(orderId));
    const result: unknown = await waitAtMost(
      30_000,
      'the fulfilment of a closed order ends',
      workflow.result(),
    );
    assert.deepEqual(result, { orderId, status: 'closed' });
    await waitUntilPasses(async () => {
      assert.deepEqual((await shop.mails(orderId)).sort(), [
        'created',
        'delivered',
        'out_for_delivery',
        'paid',
        'shipped',
      ]);
    });
  });

  it('buys one label although the answer to the purchase is lost', async () => {
    const { labels } = (await stage.sandbox.control('GET', '/easypost/summary')) as { labels: number };
    const { orderId } = await place({}, 'sandbox_answer_lost');
    await becomes(orderId, 'label_bought');
    const after = (await stage.sandbox.control('GET', '/easypost/summary')) as { labels: number };
    assert.equal(after.labels, labels + 1);
  });

  it('parks a refused address, and sends the order when it is corrected', async () => {
    const { orderId } = await place({}, 'sandbox_refused');
    const { attention } = await shop.becomes(orderId, (order) => {
      assert.equal(order.attention?.step, 'buyLabel');
    });
    assert.match(attention?.reason ?? '', /^AddressRefused: /);
    const answer = await stage.app.inject(sending('PUT', `/v1/orders/${orderId}/shipping`, customer()));
    assert.equal(answer.statusCode, 200, answer.body);
    await becomes(orderId, 'label_bought');
    await shop.becomes(orderId, (order) => {
      assert.equal(order.attention, null);
    });
    const late = await stage.app.inject(
      sending('PUT', `/v1/orders/${orderId}/shipping`, customer('2nd floor')),
    );
    assert.deepEqual([late.statusCode, problemOf(late).code], [409, 'address_too_late']);
  });

  it('ships an order whose workflow was woken before it was paid', async () => {
    const { orderId } = await place({ payment: { method: 'pm_action' } });
    await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'awaiting_customer');
    });
    const same = await stage.app.inject(sending('PUT', `/v1/orders/${orderId}/shipping`, customer()));
    assert.equal(same.statusCode, 200, same.body);
    stage.provider.authenticate(orderId);
    const answer = await stage.app.inject(delivering(eventOf('payment_intent.succeeded', intentOf(orderId))));
    assert.equal(answer.statusCode, 200, answer.body);
    await becomes(orderId, 'label_bought');
  });

  it('holds, releases and cancels what is not handed over, and refunds the label', async () => {
    const { orderId, shipment } = await labelled();
    const { shipmentId } = shipment;
    for (const [action, status] of [
      ['hold', 'on_hold'],
      ['hold', 'on_hold'],
      ['release', 'label_bought'],
      ['cancel', 'cancelled'],
    ] as const) {
      const answer = await act(orderId, shipmentId, action);
      assert.equal(answer.statusCode, 200, answer.body);
      assert.equal(answer.json<ShipmentView>().status, status);
    }
    const { number } = newestOf(await becomes(orderId, 'label_bought'));
    assert.equal(number, 2);
    await waitUntilPasses(async () => {
      const { refunds } = (await stage.sandbox.control('GET', '/easypost/summary')) as { refunds: object };
      assert.ok(Object.keys(refunds).length > 0);
    });
    const unknown = await act(orderId, 'shp_none', 'hold');
    assert.deepEqual([unknown.statusCode, problemOf(unknown).code], [404, 'shipment_not_found']);
  });

  it('sends a lost parcel again, and refuses to cancel what was handed over', async () => {
    const { orderId, shipment } = await labelled();
    const early = await act(orderId, shipment.shipmentId, 'lost', { action: 'reship' });
    assert.deepEqual([early.statusCode, problemOf(early).code], [409, 'shipment_not_shipped']);
    await moves(shipment.trackingCode ?? '', 'in_transit');
    await becomes(orderId, 'in_transit');
    const late = await act(orderId, shipment.shipmentId, 'cancel');
    assert.deepEqual([late.statusCode, problemOf(late).code], [409, 'shipment_too_late']);
    const lost = await act(orderId, shipment.shipmentId, 'lost', { action: 'reship' });
    assert.equal(lost.statusCode, 200, lost.body);
    const again = newestOf(await becomes(orderId, 'label_bought'));
    assert.equal(again.replaces, shipment.shipmentId);
  });

  it('refunds a lost parcel', async () => {
    const { orderId, shipment } = await labelled();
    await moves(shipment.trackingCode ?? '', 'in_transit');
    await becomes(orderId, 'in_transit');
    await act(orderId, shipment.shipmentId, 'lost', { action: 'refund' });
    const { payment } = await shop.becomes(orderId, ({ status }) => {
      assert.equal(status, 'refunded');
    });
    assert.equal(payment.refunded, 1_200);
  });

  it('cancels an order until something is handed over: the label is refunded, the stock and the money are back', async () => {
    const { orderId } = await labelled();
    const { status, order } = await shop.cancel(orderId, 'changed my mind');
    assert.deepEqual([status, order.status, order.payment.refunded], [200, 'cancelled', 1_200]);
    assert.deepEqual([newestOf(order).status, order.reservations[0]?.state], ['cancelled', 'released']);
    await waitUntilPasses(async () => {
      const { rows } = await stage.shop.pool.query<{ label_refund: string }>(
        'select label_refund from shipments where order_id = $1',
        [orderId],
      );
      assert.deepEqual(rows, [{ label_refund: 'submitted' }]);
    });

    const sent = await labelled();
    await moves(sent.shipment.trackingCode ?? '', 'in_transit');
    await becomes(sent.orderId, 'in_transit');
    const late = await shop.cancel(sent.orderId, 'too late');
    assert.deepEqual([late.status, late.problem.code], [409, 'too_late']);
  });

  it('captures what was handed over, in a shop that captures later', async () => {
    const later = orderCalls(await stage.another({}, { capture: 'later' }));
    const { orderId, payment } = await later.place({
      shipping: customer(),
      lines: [{ sku: 'mug-01', quantity: 3 }],
    });
    assert.deepEqual([payment.captured, payment.capturable], [0, 3_600]);
    await becomes(orderId, 'label_bought');
    for (const [quantity, captured, capturable] of [
      [1, 1_200, 2_400],
      [2, 3_600, 0],
    ] as const) {
      const body = { lines: [{ line: 1, quantity }], carrier: 'USPS', trackingCode: `EZ${quantity}00` };
      assert.equal((await report(orderId, body)).statusCode, 201);
      await shop.becomes(orderId, (order) => {
        assert.deepEqual([order.payment.captured, order.payment.capturable], [captured, capturable]);
      });
    }
  });

  it('takes what the warehouse has handed over, once for each key', async () => {
    const { orderId, shipment } = await labelled({ lines: [{ sku: 'mug-01', quantity: 2 }] });
    const body = { lines: [{ line: 1, quantity: 1 }], carrier: 'USPS', trackingCode: 'EZ1000000001' };
    const key = newKey();
    const answers = [await report(orderId, body, key), await report(orderId, body, key)];
    const ids = answers.map((answer) => {
      assert.equal(answer.statusCode, 201, answer.body);
      return answer.json<ShipmentView>().shipmentId;
    });
    assert.deepEqual([new Set(ids).size, ids[0] === shipment.shipmentId], [1, false]);
    const other = await report(orderId, { ...body, trackingCode: 'EZ2' }, key);
    assert.deepEqual([other.statusCode, problemOf(other).code], [422, 'idempotency_key_reused']);
    const more = await report(orderId, { ...body, lines: [{ line: 1, quantity: 2 }] });
    assert.deepEqual([more.statusCode, problemOf(more).code], [409, 'quantity_exceeds_line']);
    const future = await report(orderId, { ...body, handedOverAt: '2999-01-01T00:00:00Z' });
    assert.deepEqual([future.statusCode, problemOf(future).errors?.[0]?.field], [400, 'handedOverAt']);
    const order = await shop.order(orderId);
    assert.deepEqual([order.status, order.partiallyShipped], ['paid', true]);
  });

  it('names the field of a report that is refused, and accepts only a time that exists', async () => {
    const { orderId } = await labelled();
    const body = { lines: [{ line: 1, quantity: 1 }], carrier: 'USPS', trackingCode: 'EZ7000000007' };
    const cases: [changes: object, status: number, code: string, field: string][] = [
      [{ location: 'nowhere' }, 404, 'location_not_found', 'location'],
      [{ lines: [{ line: 1, quantity: 2 }] }, 409, 'quantity_exceeds_line', 'lines'],
      [{ handedOverAt: '0000-01-01T00:00:00Z' }, 400, 'invalid_request', 'handedOverAt'],
      [{ handedOverAt: '2026-06-30T23:59:60Z' }, 400, 'invalid_request', 'handedOverAt'],
    ];
    for (const [changes, status, code, field] of cases) {
      const answer = await report(orderId, { ...body, ...changes });
      const { code: actual, errors } = problemOf(answer);
      assert.deepEqual([answer.statusCode, actual, errors?.[0]?.field], [status, code, field]);
    }
    const farEast = await report(orderId, { ...body, handedOverAt: '2026-01-01T00:00:00+23:00' });
    assert.equal(farEast.statusCode, 201, farEast.body);
    assert.equal(farEast.json<ShipmentView>().handedOverAt, '2025-12-31T01:00:00.000Z');
  });

  it('takes a tracking code that has the digits of a card number', async () => {
    const { orderId } = await labelled();
    const body = { lines: [{ line: 1, quantity: 1 }], carrier: 'DPD', trackingCode: '4242424242424242' };
    const answer = await report(orderId, body);
    assert.equal(answer.statusCode, 201, answer.body);
    assert.equal(answer.json<ShipmentView>().trackingCode, body.trackingCode);
  });

  it('knows no shipment of an id that no text of PostgreSQL can be', async () => {
    const { orderId } = await labelled();
    const answer = await act(orderId, 'shp_%00', 'hold');
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'shipment_not_found']);
  });

  it('takes the same by message, under the same key', async () => {
    const { orderId } = await labelled();
    const broker = createTestBroker();
    const intake = await openTestIntake(stage, [broker]);
    try {
      const body = { lines: [{ line: 1, quantity: 1 }], carrier: 'USPS', trackingCode: 'EZ8000000005' };
      const id = newKey();
      const message = raw(JSON.stringify({ orderId, ...body }), { id, type: SHIPMENT });
      const done = { result: 'done', orderId, status: 'handed_over', id };
      assert.deepEqual([await broker.deliver(message), await broker.deliver(message)], [done, done]);
      assert.equal((await report(orderId, body, id)).statusCode, 201);
      assert.equal((await shop.order(orderId)).status, 'shipped');
    } finally {
      await intake.stop();
    }
  });

  it('lists shipments of one order and of all, by status', async () => {
    const { orderId, shipment } = await labelled();
    const ofOrder = await stage.app.inject(getting(`/v1/orders/${orderId}/shipments`));
    assert.deepEqual(
      ofOrder.json<{ data: ShipmentView[] }>().data.map(({ shipmentId }) => shipmentId),
      [shipment.shipmentId],
    );
    const first = await stage.app.inject(getting('/v1/shipments?status=label_bought&limit=1'));
    const page = first.json<{ data: ListedShipmentView[]; nextCursor?: string }>();
    assert.deepEqual([page.data[0]?.orderId, page.data[0]?.shipmentId], [orderId, shipment.shipmentId]);
    const second = await stage.app.inject(
      getting(`/v1/shipments?status=label_bought&limit=1&cursor=${page.nextCursor ?? ''}`),
    );
    assert.notEqual(second.json<{ data: ListedShipmentView[] }>().data[0]?.orderId, orderId);
  });

  it('lists every shipment once, page by page, also those of the same millisecond', async () => {
    const { orderId } = await labelled({ lines: [{ sku: 'mug-01', quantity: 3 }] });
    for (const trackingCode of ['EZ8000000001', 'EZ8000000002'])
      await report(orderId, { lines: [{ line: 1, quantity: 1 }], carrier: 'USPS', trackingCode });
    await stage.shop.pool.query(
      `update shipments set created_at = '2026-01-01T00:00:00.123Z'::timestamptz + number * interval '7 microseconds'
        where order_id = $1`,
      [orderId],
    );
    const ofOrder = await stage.app.inject(getting(`/v1/orders/${orderId}/shipments`));
    const wanted = ofOrder.json<{ data: ShipmentView[] }>().data.map(({ shipmentId }) => shipmentId);
    assert.ok(wanted.length >= 3);
    const listed: ListedShipmentView[] = [];
    let cursor = '';
    do {
      const answer = await stage.app.inject(getting(`/v1/shipments?limit=1${cursor}`));
      const { data, nextCursor } = answer.json<{ data: ListedShipmentView[]; nextCursor?: string }>();
      listed.push(...data);
      cursor = nextCursor === undefined ? '' : `&cursor=${nextCursor}`;
    } while (cursor !== '');
    const found = listed.filter((shipment) => shipment.orderId === orderId);
    assert.deepEqual(found.map(({ shipmentId }) => shipmentId).reverse(), wanted);
  });

  it('refuses events of the carrier with a wrong signature, and ignores those of unknown parcels', async () => {
    const send = (signature: string) =>
      stage.app.inject({
        method: 'POST',
        url: '/v1/webhooks/easypost',
        headers: { 'x-hmac-signature': signature },
        payload: '{}',
      });
    const answer = await send('hmac-sha256-hex=00');
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [400, 'invalid_signature']);
    await stage.fulfilment.trackerChanged({ trackerId: 'trk_unknown' });
  });
});
