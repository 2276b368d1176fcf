import assert from 'node:assert/strict';
import { UNREADABLE_BATCH_TYPE, type InboundMessage } from '../../src/contracts/ports/broker.ts';
import { Problem, type ProblemCode } from '../../src/contracts/errors.ts';
import { readCommand } from '../../src/intake/read-command.ts';
import { cloudEventKey } from '../../src/contracts/messages.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import {
  CANCEL,
  event,
  PAYMENT,
  PLACE,
  raw,
  SHIPMENT,
  STOCK,
  type TestMessage,
} from '../../harness/brokers/message.ts';
import { orderRequest } from '../../harness/orders.ts';

const options = { clientId: 'shop', bodyLimitBytes: 65_536 };
const item = { sku: 'mug-01', title: 'Mug', unitPrice: 1_200, currency: 'EUR', onHand: 7, sequence: 3 };

const inbound = ({
  body,
  contentType,
  contentEncoding,
  id,
  type,
  headers = {},
}: TestMessage & { contentEncoding?: string }): InboundMessage => ({
  source: 'rabbitmq',
  position: 'test',
  body,
  attributes: headers,
  ...(contentType !== undefined && { contentType }),
  ...(contentEncoding !== undefined && { contentEncoding }),
  ...(id !== undefined && { id }),
  ...(type !== undefined && { type }),
});
const read = (message: Parameters<typeof inbound>[0]) => readCommand(inbound(message), options);

function refused(message: Parameters<typeof inbound>[0], code: ProblemCode, field?: string): void {
  assert.throws(
    () => read(message),
    (error) => {
      assert.ok(error instanceof Problem, String(error));
      assert.equal(error.code, code, error.message);
      if (field !== undefined) assert.equal(error.errors[0]?.field, field, JSON.stringify(error.errors));
      return true;
    },
  );
}

describe('reading a message', () => {
  it('accepts a CloudEvent in structured mode, with or without its content type', () => {
    const order = orderRequest();
    const message = event(PLACE, order, { id: 'order-1' });
    const expected = {
      key: '/test\norder-1',
      formerKey: 'order-1',
      type: PLACE,
      data: order,
      source: '/test',
    };
    assert.deepEqual(read(message), expected);
    assert.deepEqual(read({ body: message.body }), expected);
    assert.deepEqual(read({ ...message, contentType: 'application/json; charset=utf-8' }), expected);
  });

  it('accepts a CloudEvent in binary mode', () => {
    const headers = { specversion: '1.0', id: 'order-1', source: '/shop', type: PLACE };
    const message = raw(JSON.stringify(orderRequest()), { headers });
    assert.deepEqual(read(message), {
      key: '/shop\norder-1',
      formerKey: 'order-1',
      type: PLACE,
      data: orderRequest(),
      source: '/shop',
    });
  });

  it('accepts a plain body with id and type, full or short, in the properties of the broker', () => {
    for (const type of [PLACE, 'order.place', 'order.place.v1'])
      assert.deepEqual(read(raw(JSON.stringify(orderRequest()), { id: 'order-1', type })), {
        key: 'order-1',
        type: PLACE,
        data: orderRequest(),
      });
  });

  it('identifies a CloudEvent by its source and id, and a plain message by its id', () => {
    const keyOf = (attributes: object) => read(event(PLACE, orderRequest(), { id: '1', ...attributes })).key;
    assert.notEqual(keyOf({ source: '/a' }), keyOf({ source: '/b' }));
    assert.equal(keyOf({ source: '/a' }), cloudEventKey('/a', '1'));
    const plain = read(raw(JSON.stringify(orderRequest()), { id: '1', type: PLACE }));
    assert.deepEqual([plain.key, plain.formerKey], ['1', undefined]);
    refused(event(PLACE, orderRequest(), { source: '/a\n1' }), 'invalid_request', 'source');
    refused(event(PLACE, orderRequest(), { source: '' }), 'invalid_request', 'source');
  });

  it('accepts data in base64', () => {
    const document = { specversion: '1.0', source: '/test', id: 'order-1', type: PLACE };
    const data = Buffer.from(JSON.stringify(orderRequest())).toString('base64');
    const message = raw(JSON.stringify({ ...document, data_base64: data }));
    assert.deepEqual(read(message).data, orderRequest());
  });

  it('finds the order to cancel by its id, by the id of the message that placed it, or by the subject', () => {
    const cancelled = (data: object, attributes = {}) => {
      const command = read(event(CANCEL, data, attributes));
      return command.type === CANCEL && command.orderIds;
    };
    const placedBy = (source: string) => orderIdOf('shop', cloudEventKey(source, 'order-1'));
    const plain = orderIdOf('shop', 'order-1');
    assert.deepEqual(cancelled({ orderId: 'ord_1' }), ['ord_1']);
    assert.deepEqual(cancelled({ idempotencyKey: 'order-1' }), [placedBy('/test'), plain]);
    assert.deepEqual(cancelled({ idempotencyKey: 'order-1', source: '/web' }), [placedBy('/web')]);
    assert.deepEqual(cancelled({ reason: 'changed my mind' }, { subject: 'ord_2' }), ['ord_2']);
    const byPlainMessage = read(raw('{"idempotencyKey":"order-1"}', { id: 'c', type: CANCEL }));
    assert.deepEqual(byPlainMessage.type === CANCEL && byPlainMessage.orderIds, [plain]);
    refused(event(CANCEL, { orderId: 'a', source: '/web' }), 'invalid_request', 'data.source');
    refused(event(CANCEL, {}), 'invalid_request', 'data.orderId');
    refused(event(CANCEL, { orderId: 'a', idempotencyKey: 'b' }), 'invalid_request', 'data.idempotencyKey');
  });

  it('takes no data of a cancellation for no reason, and refuses the JSON null', () => {
    const subject = 'ord_1';
    const cancelsAll = (message: TestMessage) => {
      const command = read(message);
      return command.type === CANCEL && command.data;
    };
    const headers = { specversion: '1.0', id: 'c', source: '/test', type: CANCEL, subject };
    assert.deepEqual(cancelsAll(event(CANCEL, undefined, { subject })), {});
    assert.deepEqual(cancelsAll(raw('', { headers })), {});
    refused(event(CANCEL, null, { subject }), 'invalid_request', 'data');
    refused(raw('null', { headers }), 'invalid_request', 'data');
    refused(raw('null', { id: 'c', type: CANCEL }), 'invalid_request', 'data');
    refused(event(CANCEL, { orderId: subject, lines: null }), 'invalid_request', 'data.lines');
    refused(event(CANCEL, { orderId: subject, lines: [] }), 'invalid_request', 'data.lines');
  });

  it('reads the time before which an order must not start', () => {
    const tomorrow = new Date(Date.now() + 86_400_000);
    const command = read(event(PLACE, orderRequest(), { notbefore: tomorrow.toISOString() }));
    assert.deepEqual(command.type === PLACE && command.notBefore, tomorrow);
    refused(event(PLACE, orderRequest(), { notbefore: 'tomorrow' }), 'invalid_request', 'notbefore');
    refused(
      event(PLACE, orderRequest(), { notbefore: '2999-01-01T00:00:00Z' }),
      'invalid_request',
      'notbefore',
    );
  });

  it('requires a sequence in every stock sync, because it may be delivered twice or late', () => {
    assert.deepEqual(read(event(STOCK, item)).data, item);
    refused(event(STOCK, { ...item, sequence: undefined }), 'invalid_request', 'data.sequence');
  });

  it('accepts a row of a stock report, and several', () => {
    const report = { source: 'wms', sku: 'mug-01', kind: 'physical', quantity: 7, sequence: 3 };
    assert.deepEqual(read(event(STOCK, report)).data, [report]);
    assert.deepEqual(read(event(STOCK, [report, { ...report, sku: 'mug-02' }])).data, [
      report,
      { ...report, sku: 'mug-02' },
    ]);
    refused(event(STOCK, []), 'invalid_request', 'data');
    refused(event(STOCK, { ...report, kind: 'count' }), 'invalid_request', 'data.kind');
    refused(event(STOCK, { ...report, sequence: undefined }), 'invalid_request', 'data.sequence');
    refused(event(STOCK, [report, { ...report, quantity: 0.5 }]), 'invalid_request', 'data[1].quantity');
  });

  it('accepts what the warehouse has handed over, of the order that it names or that is its subject', () => {
    const report = { lines: [{ line: 1, quantity: 2 }], carrier: 'DHL', trackingCode: 'JJD1' };
    const expected = {
      key: '/test\nparcel-1',
      formerKey: 'parcel-1',
      type: SHIPMENT,
      data: report,
      orderId: 'ord_1',
    };
    assert.deepEqual(read(event(SHIPMENT, { orderId: 'ord_1', ...report }, { id: 'parcel-1' })), expected);
    assert.deepEqual(read(event(SHIPMENT, report, { id: 'parcel-1', subject: 'ord_1' })), expected);
    refused(event(SHIPMENT, report), 'invalid_request', 'data.orderId');
    refused(event(SHIPMENT, { orderId: 'ord_1', ...report, lines: [] }), 'invalid_request', 'data.lines');
  });

  it('accepts an event of Stripe', () => {
    const data = { id: 'evt_1', type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } };
    assert.deepEqual(read(event(PAYMENT, data)).data, data);
  });

  it('accepts an event of Stripe with texts and sizes that its webhooks have, in every form of a message', () => {
    const object = { id: 'pi_1', description: 'two\nlines', metadata: { phone: '4242 4242 4242 4242' } };
    const data = {
      type: 'payment_intent.succeeded',
      data: { object: { ...object, big: 'x'.repeat(70_000) } },
    };
    const base64 = Buffer.from(JSON.stringify(data)).toString('base64');
    const attributes = { specversion: '1.0', id: 'a', source: '/stripe', type: PAYMENT };
    for (const message of [
      event(PAYMENT, data),
      raw(JSON.stringify({ ...attributes, data_base64: base64 })),
      raw(JSON.stringify(data), { headers: attributes }),
      raw(JSON.stringify(data), { id: 'a', type: 'payment.event' }),
    ])
      assert.deepEqual(read(message).data, data);
    refused(raw('{"type":', { id: 'a', type: PAYMENT }), 'invalid_json');
    const tooLarge = event(PAYMENT, { ...data, big: 'x'.repeat(1024 * 1024) });
    for (const message of [tooLarge, { body: tooLarge.body }])
      assert.throws(() => read(message), { code: 'body_too_large', message: /larger than 1048576 bytes/ });
    refused(
      event(PLACE, { ...orderRequest(), note: 'payment.event 4242 4242 4242 4242' }),
      'card_number_refused',
    );
  });

  it('says of a batch that could not be decompressed that its producer has to send it again', () => {
    const message = { body: Buffer.from([1, 2, 3]), contentType: UNREADABLE_BATCH_TYPE, type: PLACE };
    assert.throws(() => read(message), { code: 'unsupported_media_type', message: /cannot be decompressed/ });
  });

  it('refuses a message that is not JSON, is too large, or has another content type', () => {
    refused(raw('{"customer":'), 'invalid_json');
    refused({ body: Buffer.from([0xff, 0xfe, 0x00]) }, 'invalid_json');
    refused({ body: Buffer.alloc(0), id: 'a', type: PLACE }, 'invalid_json');
    refused(raw(`"${'x'.repeat(70_000)}"`, { id: 'a', type: PLACE }), 'body_too_large');
    refused({ ...raw('<order/>'), contentType: 'application/xml' }, 'unsupported_media_type');
    refused(event(PLACE, orderRequest(), { datacontenttype: 'application/xml' }), 'unsupported_media_type');
  });

  it('refuses a message in another charset or compressed, as HTTP does, and names where it says so', () => {
    const text = JSON.stringify(orderRequest());
    const message = raw(text, { id: 'a', type: PLACE });
    const headers = { specversion: '1.0', id: 'a', source: '/t', type: PLACE };
    const refusedType = (given: Parameters<typeof inbound>[0], field: string) => {
      refused(given, 'unsupported_media_type', field);
    };
    for (const charset of ['iso-8859-1', 'utf-16', '"UTF-16LE"', 'utf-8; charset=latin1']) {
      refusedType({ ...message, contentType: `application/json; charset=${charset}` }, 'Content-Type');
      refusedType(
        { ...event(PLACE, orderRequest()), contentType: `application/cloudevents+json;charset=${charset}` },
        'Content-Type',
      );
      const datacontenttype = `application/json; charset=${charset}`;
      refusedType(event(PLACE, orderRequest(), { datacontenttype }), 'datacontenttype');
      refusedType(raw(text, { headers: { ...headers, datacontenttype } }), 'datacontenttype');
    }
    for (const contentEncoding of ['gzip', 'br', 'x'])
      refusedType({ ...message, contentEncoding }, 'Content-Encoding');
    for (const contentEncoding of ['identity', 'utf-8', 'UTF8', ''])
      assert.equal(read({ ...message, contentEncoding }).type, PLACE);
    const datacontenttype = 'application/json; charset="UTF-8"';
    assert.equal(read(event(PLACE, orderRequest(), { datacontenttype })).type, PLACE);
  });

  it('accepts a byte order mark of UTF-8, as HTTP does', () => {
    const bom = Buffer.from([0xef, 0xbb, 0xbf]);
    const sent = event(PLACE, orderRequest(), { id: 'order-1' });
    const withMark = { body: Buffer.concat([bom, sent.body]) };
    assert.equal(read(withMark).formerKey, 'order-1');
    assert.equal(read({ ...sent, ...withMark }).formerKey, 'order-1');
    const plain = raw(JSON.stringify(orderRequest()), { id: 'order-1', type: PLACE });
    assert.deepEqual(read({ ...plain, body: Buffer.concat([bom, plain.body]) }), read(plain));
  });

  it('refuses a message without an id, with an unknown type, or with an incomplete CloudEvent', () => {
    refused(raw(JSON.stringify(orderRequest()), { type: PLACE }), 'invalid_request', 'id');
    refused(raw(JSON.stringify(orderRequest()), { id: 'a' }), 'invalid_request', 'type');
    refused(event('com.durable-checkout.order.place.v2', orderRequest()), 'unknown_type', 'type');
    refused(event(PLACE, orderRequest(), { id: 'a\nb' }), 'invalid_request', 'id');
    refused(event(PLACE, orderRequest(), { specversion: '0.3' }), 'invalid_request', 'specversion');
    refused(event(PLACE, orderRequest(), { source: undefined }), 'invalid_request', 'source');
  });

  it('refuses a body for the same reasons as HTTP, and names the field', () => {
    refused(event(PLACE, { ...orderRequest(), price: 1 }), 'invalid_request', 'data.price');
    refused(event(PLACE, { ...orderRequest(), lines: [] }), 'invalid_request', 'data.lines');
    refused(event(PLACE, { ...orderRequest(), note: '4242 4242 4242 4242' }), 'card_number_refused');
    const doubled = `{"specversion":"1.0","source":"/t","id":"a","type":"${PLACE}","data":{"a":1,"a":2}}`;
    refused(raw(doubled), 'invalid_request', 'data.a');
  });

  it('accepts the attribute sequence of CloudEvents, a text by its specification and a number by older producers', () => {
    for (const sequence of ['00000042', '4242424242424242', 42, 4242424242424242])
      assert.equal(read(event(PLACE, orderRequest(), { sequence })).type, PLACE);
  });

  it('accepts an id of digits that looks like a card number', () => {
    assert.equal(
      read(event(PLACE, orderRequest(), { id: '4242424242424242' })).formerKey,
      '4242424242424242',
    );
  });

  it('accepts a barcode as an SKU, although its digits may be those of a card number', () => {
    const lines = [{ sku: '4242424242424242', quantity: 1 }];
    const order = { ...orderRequest(), lines };
    assert.deepEqual(read(event(PLACE, order, { id: 'ean' })), {
      key: '/test\nean',
      formerKey: 'ean',
      type: PLACE,
      data: order,
      source: '/test',
    });
    refused(
      event(PLACE, { ...orderRequest(), lines: [{ sku: 'a\u0000b', quantity: 1 }] }),
      'invalid_request',
    );
  });
});
