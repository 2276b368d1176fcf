import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import { orderRequest } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting, placing, sending } from '../support/api/requests.ts';

type Case = [name: string, request: InjectOptions, status: number, code: string, field?: string];

const order = (changes: object): InjectOptions => placing({ ...orderRequest(), ...changes });
const lines = (...items: unknown[]): InjectOptions => order({ lines: items });
const customer = (value: unknown): InjectOptions => order({ customer: value });
const shipping = (changes: object): InjectOptions =>
  order({
    shipping: {
      name: 'Ada',
      line1: '1 High St',
      city: 'Berlin',
      postalCode: '10115',
      country: 'DE',
      ...changes,
    },
  });
const item = { title: 'Pen', unitPrice: 100, currency: 'EUR', onHand: 5 };
const text = JSON.stringify(orderRequest());
const withKey = (key: string): InjectOptions => placing(orderRequest(), { 'idempotency-key': key });
const CARD = '4242 4242 4242 4242';

const CASES: Case[] = [
  ['no body', placing(''), 400, 'invalid_request', 'body'],
  ['broken JSON', placing('{"customer":'), 400, 'invalid_json', 'body'],
  ['JSON with a comma too many', placing('{"a":1,}'), 400, 'invalid_json', 'body'],
  ['a list', placing('[]'), 400, 'invalid_request', 'body'],
  ['null', placing('null'), 400, 'invalid_request', 'body'],
  ['a text', placing('"order"'), 400, 'invalid_request', 'body'],
  ['nothing in it', placing('{}'), 400, 'invalid_request', 'customer'],
  ['an unknown field', order({ coupon: 'X' }), 400, 'invalid_request', 'coupon'],
  [
    'a price of the caller',
    lines({ sku: 'mug-01', quantity: 1, unitPrice: 1 }),
    400,
    'invalid_request',
    'lines[0].unitPrice',
  ],
  ['a quantity of zero', lines({ sku: 'mug-01', quantity: 0 }), 400, 'invalid_request', 'lines[0].quantity'],
  [
    'a negative quantity',
    lines({ sku: 'mug-01', quantity: -1 }),
    400,
    'invalid_request',
    'lines[0].quantity',
  ],
  ['a broken quantity', lines({ sku: 'mug-01', quantity: 1.5 }), 400, 'invalid_request', 'lines[0].quantity'],
  [
    'a quantity as text',
    lines({ sku: 'mug-01', quantity: '1' }),
    400,
    'invalid_request',
    'lines[0].quantity',
  ],
  ['a huge quantity', lines({ sku: 'mug-01', quantity: 1e21 }), 400, 'invalid_request', 'lines[0].quantity'],
  [
    'an infinite quantity',
    placing(text.replace('"quantity":1', '"quantity":1e999')),
    400,
    'invalid_request',
    'lines[0].quantity',
  ],
  [
    'a boolean quantity',
    lines({ sku: 'mug-01', quantity: true }),
    400,
    'invalid_request',
    'lines[0].quantity',
  ],
  ['a line without a quantity', lines({ sku: 'mug-01' }), 400, 'invalid_request', 'lines[0].quantity'],
  ['a line without an item', lines({ quantity: 1 }), 400, 'invalid_request', 'lines[0].sku'],
  [
    'the second line wrong',
    lines({ sku: 'mug-01', quantity: 1 }, { sku: '', quantity: 1 }),
    400,
    'invalid_request',
    'lines[1].sku',
  ],
  [
    'an SQL injection for an SKU',
    lines({ sku: "'; drop table orders", quantity: 1 }),
    400,
    'invalid_request',
    'lines[0].sku',
  ],
  ['an unknown item', lines({ sku: 'no-such', quantity: 1 }), 400, 'unknown_sku', 'lines[0].sku'],
  ['no lines', lines(), 400, 'invalid_request', 'lines'],
  ['lines as an object', order({ lines: {} }), 400, 'invalid_request', 'lines'],
  [
    '101 lines',
    lines(...Array.from({ length: 101 }, () => ({ sku: 'mug-01', quantity: 1 }))),
    400,
    'invalid_request',
    'lines',
  ],
  ['a bad mail address', customer({ email: 'ada' }), 400, 'invalid_request', 'customer.email'],
  ['no mail address', customer({ name: 'Ada' }), 400, 'invalid_request', 'customer.email'],
  [
    'a mail header injection',
    customer({ email: 'a@b.example\nBcc: x@y.example' }),
    400,
    'invalid_request',
    'customer.email',
  ],
  [
    'an endless name',
    customer({ email: 'a@b.example', name: 'x'.repeat(201) }),
    400,
    'invalid_request',
    'customer.name',
  ],
  [
    'NUL in a name',
    customer({ email: 'a@b.example', name: 'A\0da' }),
    400,
    'invalid_request',
    'customer.name',
  ],
  [
    'a lone surrogate in a name',
    customer({ email: 'a@b.example', name: 'A\ud800' }),
    400,
    'invalid_request',
    'customer.name',
  ],
  ['NUL in a name of a field', order({ 'a\0': 1 }), 400, 'invalid_request'],
  ['a customer of null', customer(null), 400, 'invalid_request', 'customer'],
  ['a currency in small letters', order({ currency: 'eur' }), 400, 'invalid_request', 'currency'],
  ['a currency of another item', order({ currency: 'USD' }), 400, 'currency_mismatch', 'currency'],
  ['a payment without a method', order({ payment: {} }), 400, 'invalid_request', 'payment.method'],
  [
    'a payment method of another kind',
    order({ payment: { method: 'card_visa' } }),
    400,
    'invalid_request',
    'payment.method',
  ],
  [
    'a card for a payment method',
    order({ payment: { method: CARD } }),
    400,
    'card_number_refused',
    'payment.method',
  ],
  [
    'a card in an unknown field',
    order({ payment: { method: 'pm_x', card: { number: CARD } } }),
    400,
    'card_number_refused',
    'payment.card.number',
  ],
  ['a card as a number', order({ cardNumber: 4242424242424242 }), 400, 'invalid_request', 'cardNumber'],
  [
    'a card in a name',
    customer({ email: 'a@b.example', name: 'Ada 4242-4242-4242-4242' }),
    400,
    'card_number_refused',
    'customer.name',
  ],
  ['a card in the name of a field', order({ '4242424242424242': 1 }), 400, 'card_number_refused'],
  [
    'a card after a house number',
    shipping({ line1: '12 4242424242424242' }),
    400,
    'card_number_refused',
    'shipping.line1',
  ],
  [
    'a blank name',
    customer({ email: 'a@b.example', name: ' \u00a0\u3000' }),
    400,
    'invalid_request',
    'customer.name',
  ],
  ['a blank street', shipping({ line1: '  ' }), 400, 'invalid_request', 'shipping.line1'],
  [
    'a name of two lines',
    customer({ email: 'a@b.example', name: 'A\nda' }),
    400,
    'invalid_request',
    'customer.name',
  ],
  [
    'a blank reason',
    sending('POST', '/v1/orders/nope/cancel', { reason: '\n' }),
    400,
    'invalid_request',
    'reason',
  ],
  [
    'a form feed in a reason',
    sending('POST', '/v1/orders/nope/cancel', { reason: 'too\flate' }),
    400,
    'invalid_request',
    'reason',
  ],
  [
    'a card in the second line of a reason',
    sending('POST', '/v1/orders/nope/cancel', { reason: `wrong card:\n${CARD}` }),
    400,
    'card_number_refused',
    'reason',
  ],
  [
    'a reason of several lines, of no order',
    sending('POST', '/v1/orders/nope/cancel', { reason: 'too late:\r\n\tgone' }),
    404,
    'order_not_found',
  ],
  [
    'a country that ISO 3166 does not have',
    shipping({ country: 'XX' }),
    400,
    'invalid_request',
    'shipping.country',
  ],
  ['the United Kingdom as UK', shipping({ country: 'UK' }), 400, 'invalid_request', 'shipping.country'],
  [
    'an address without a postal code where the country has them',
    shipping({ postalCode: undefined }),
    400,
    'invalid_request',
    'shipping.postalCode',
  ],
  ['a blank postal code', shipping({ postalCode: ' ' }), 400, 'invalid_request', 'shipping.postalCode'],
  [
    'an address without a postal code where the country has none, of an unknown item',
    order({
      lines: [{ sku: 'no-such', quantity: 1 }],
      shipping: { name: 'Ada', line1: '1 Queen’s Road', city: 'Hong Kong', country: 'HK' },
    }),
    400,
    'unknown_sku',
    'lines[0].sku',
  ],
  ['a country by its name', shipping({ country: 'Germany' }), 400, 'invalid_request', 'shipping.country'],
  ['an address without a city', shipping({ city: '' }), 400, 'invalid_request', 'shipping.city'],
  ['a negative expected total', order({ expectedTotal: -1 }), 400, 'invalid_request', 'expectedTotal'],
  [
    'an expected total beyond counting',
    order({ expectedTotal: 2 ** 60 }),
    400,
    'invalid_request',
    'expectedTotal',
  ],
  ['another expected total', order({ expectedTotal: 1 }), 409, 'total_mismatch', 'expectedTotal'],
  [
    'a key twice',
    placing(text.replace('"currency":"EUR"', '"currency":"EUR","currency":"USD"')),
    400,
    'invalid_request',
    'currency',
  ],
  [
    'a key twice, deep inside',
    placing(text.replace('"quantity":1', '"quantity":1,"quantity":9')),
    400,
    'invalid_request',
    'lines[0].quantity',
  ],
  [
    '__proto__',
    placing(text.replace('{', '{"__proto__":{"admin":true},')),
    400,
    'invalid_request',
    '__proto__',
  ],
  ['constructor', order({ constructor: { prototype: {} } }), 400, 'invalid_request', 'constructor'],
  ['a thousand levels', placing(`{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}`), 400, 'invalid_request'],
  ['thirty thousand levels', placing(`${'['.repeat(30_000)}${']'.repeat(30_000)}`), 400, 'invalid_request'],
  ['a body that is too large', placing(`{"a":"${'x'.repeat(70_000)}"}`), 413, 'body_too_large', 'body'],
  [
    'no idempotency key',
    {
      ...placing(orderRequest()),
      headers: { ...sending('POST', '').headers, 'content-type': 'application/json' },
    },
    400,
    'idempotency_key_required',
    'Idempotency-Key',
  ],
  ['an empty idempotency key', withKey(''), 400, 'idempotency_key_invalid', 'Idempotency-Key'],
  ['an empty quoted idempotency key', withKey('""'), 400, 'idempotency_key_invalid', 'Idempotency-Key'],
  [
    'an idempotency key with half its quotes',
    withKey('"abc'),
    400,
    'idempotency_key_invalid',
    'Idempotency-Key',
  ],
  [
    'an idempotency key of 256 characters',
    withKey('x'.repeat(256)),
    400,
    'idempotency_key_invalid',
    'Idempotency-Key',
  ],
  ['an idempotency key outside of ASCII', withKey('clé'), 400, 'idempotency_key_invalid', 'Idempotency-Key'],
  [
    'text/plain',
    placing(text, { 'content-type': 'text/plain' }),
    415,
    'unsupported_media_type',
    'Content-Type',
  ],
  [
    'XML',
    placing('<order/>', { 'content-type': 'application/xml' }),
    415,
    'unsupported_media_type',
    'Content-Type',
  ],
  [
    'a form',
    placing('a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    415,
    'unsupported_media_type',
    'Content-Type',
  ],
  [
    'a body in another charset',
    placing(text, { 'content-type': 'application/json; charset=iso-8859-1' }),
    415,
    'unsupported_media_type',
    'Content-Type',
  ],
  [
    'a body that a later parameter says is in another charset',
    placing(text, { 'content-type': 'application/json; charset="UTF-8"; Charset = "utf-16"' }),
    415,
    'unsupported_media_type',
    'Content-Type',
  ],
  [
    'a compressed body',
    placing(text, { 'content-encoding': 'gzip' }),
    415,
    'unsupported_media_type',
    'Content-Encoding',
  ],
  [
    'a body that is not UTF-8',
    {
      ...placing(''),
      payload: Buffer.from(JSON.stringify({ ...orderRequest(), locale: 'é' }), 'latin1'),
    },
    400,
    'invalid_json',
    'body',
  ],
  [
    'no key',
    { ...placing(orderRequest()), headers: { 'content-type': 'application/json' } },
    401,
    'unauthorized',
  ],
  ['a wrong key', placing(orderRequest(), { authorization: 'Bearer wrong' }), 401, 'unauthorized'],
  ['another scheme', placing(orderRequest(), { authorization: 'Basic dGVzdC1rZXk6' }), 401, 'unauthorized'],
  ['no order of this id', getting('/v1/orders/ord_00000000000000000000000000000000'), 404, 'order_not_found'],
  ['an id that is none', getting('/v1/orders/%00'), 404, 'order_not_found'],
  ['events of no order', getting('/v1/orders/nope/events'), 404, 'order_not_found'],
  ['cancelling no order', sending('POST', '/v1/orders/nope/cancel', {}), 404, 'order_not_found'],
  [
    'a cancel reason of a number',
    sending('POST', '/v1/orders/nope/cancel', { reason: 1 }),
    400,
    'invalid_request',
    'reason',
  ],
  ['an unknown status', getting('/v1/orders?status=lost'), 400, 'invalid_request', 'status'],
  ['an unknown parameter', getting('/v1/orders?stauts=paid'), 400, 'invalid_request', 'stauts'],
  ['a limit of zero', getting('/v1/orders?limit=0'), 400, 'invalid_request', 'limit'],
  ['a limit of a thousand', getting('/v1/orders?limit=1000'), 400, 'invalid_request', 'limit'],
  ['a limit in words', getting('/v1/orders?limit=many'), 400, 'invalid_request', 'limit'],
  ['a limit given twice', getting('/v1/orders?limit=1&limit=2'), 400, 'invalid_request', 'limit'],
  ['an invented cursor', getting('/v1/orders?cursor=abc'), 400, 'invalid_request', 'cursor'],
  ['a cursor with signs', getting('/v1/orders?cursor=%27%3B'), 400, 'invalid_request', 'cursor'],
  ['a search for no mail address', getting('/v1/orders?email=ada'), 400, 'invalid_request', 'email'],
  ['a search with NUL', getting('/v1/orders?email=a%00%40b.example'), 400, 'invalid_request', 'email'],
  ['a window in words', getting('/v1/stats?window=long'), 400, 'invalid_request', 'window'],
  ['a window of a year', getting('/v1/stats?window=365d'), 400, 'invalid_request', 'window'],
  [
    'dead letters of a type with a NUL',
    getting('/v1/dead-letters?type=a%00'),
    400,
    'invalid_request',
    'type',
  ],
  ['mails with a NUL', getting('/v1/mails?orderId=%00'), 400, 'invalid_request', 'orderId'],
  ['an item that is none', getting('/v1/stock/nope'), 404, 'item_not_found'],
  ['an SKU with a slash', getting('/v1/stock/a%2Fb'), 400, 'invalid_request', 'sku'],
  [
    'stock of another SKU than the address',
    sending('PUT', '/v1/stock/pen', { ...item, sku: 'pencil' }),
    400,
    'invalid_request',
    'sku',
  ],
  [
    'negative stock',
    sending('PUT', '/v1/stock/pen', { ...item, onHand: -1 }),
    400,
    'invalid_request',
    'onHand',
  ],
  [
    'stock beyond counting',
    sending('PUT', '/v1/stock/pen', { ...item, onHand: 2 ** 53 }),
    400,
    'invalid_request',
    'onHand',
  ],
  [
    'a price that is broken',
    sending('PUT', '/v1/stock/pen', { ...item, unitPrice: 0.5 }),
    400,
    'invalid_request',
    'unitPrice',
  ],
  ['an address that cannot be decoded', getting('/v1/orders/%E0%A4%A'), 400, 'invalid_request', 'path'],
  ['an address that is none', getting('/v2/orders'), 404, 'not_found'],
  ['deleting the orders', sending('DELETE', '/v1/orders'), 405, 'method_not_allowed'],
  ['patching an order', sending('PATCH', '/v1/orders/x', {}), 405, 'method_not_allowed'],
  [
    'posting stock',
    sending('POST', '/v1/stock/pen', '<x/>', { 'content-type': 'text/xml' }),
    405,
    'method_not_allowed',
  ],
];

describe('bad input', () => {
  let stage: Stage;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
  });
  after(() => stage.close());

  for (const [name, request, status, code, field] of CASES) {
    it(`${name} is answered ${status} ${code}${field === undefined ? '' : ` naming ${field}`}`, async () => {
      const answer = await stage.app.inject(request);
      assert.equal(answer.statusCode, status, answer.body);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
      const problem = answer.json<{ code: string; status: number; errors?: { field: string }[] }>();
      assert.equal(problem.code, code, answer.body);
      assert.equal(problem.status, status);
      const fields = problem.errors?.map((error) => error.field) ?? [];
      if (field !== undefined) assert.ok(fields.includes(field), answer.body);
      assert.ok(!answer.body.replaceAll(/\D/g, '').includes('42424242'), 'a card number was repeated');
    });
  }

  it('a mail address or a time that is not one is answered with an example', async () => {
    const email = await stage.app.inject(customer({ email: 'ada' }));
    assert.match(email.body, /customer\.email must be a mail address such as ada@example\.com/);
    const parcel = {
      lines: [{ line: 1, quantity: 1 }],
      carrier: 'DHL',
      trackingCode: 'JJD1',
      handedOverAt: 'yesterday',
    };
    const time = await stage.app.inject(sending('POST', '/v1/orders/ord_1/shipments', parcel));
    const kingdom = await stage.app.inject(shipping({ country: 'UK' }));
    assert.match(
      kingdom.body,
      /"detail":"shipping\.country must be an ISO 3166-1 alpha-2 code in capitals, such as DE, or GB for the United Kingdom\."/,
    );
    const blank = await stage.app.inject(customer({ email: 'a@b.example', name: '' }));
    assert.match(blank.body, /"detail":"customer\.name must not be blank\."/);
    assert.match(time.body, /handedOverAt must be a time such as 2026-01-31T12:00:00Z/);
  });

  it('a cursor that was tampered with is refused, whatever its parts are', async () => {
    const times = ['2026-13-01', '2026-02-30', '0000-01-01', '2026-01-01'];
    const lists = ['orders', 'dead-letters', 'webhook-endpoints'];
    for (const list of lists)
      for (const day of times) {
        for (const clock of ['10:00:00.000', '10:00:00.000000', '24:00:01.000', '24:00:01.000000']) {
          const time = `${day}T${clock}Z`;
          const cursor = Buffer.from(JSON.stringify([time, 'x'])).toString('base64url');
          const { statusCode, body } = await stage.app.inject(getting(`/v1/${list}?cursor=${cursor}`));
          const isTime = day === '2026-01-01' && clock.startsWith('10');
          assert.ok(statusCode === 400 || (isTime && statusCode === 200), `${list} ${time}: ${body}`);
        }
      }
    for (const list of ['shipments', 'returns', 'stock', 'stock/alerts'])
      for (const part of ['\0', '9'.repeat(16), 'x'.repeat(201), '']) {
        const cursor = Buffer.from(JSON.stringify([part])).toString('base64url');
        const { statusCode, body } = await stage.app.inject(getting(`/v1/${list}?cursor=${cursor}`));
        assert.ok(statusCode < 500, `${list} ${part}: ${body}`);
      }
  });

  it('NUL and half a character in any parameter of any address are never answered 5xx', async () => {
    type Operation = { parameters?: { name: string; in: string }[] };
    const paths = stage.app.swagger().paths as Record<string, Record<string, Operation>>;
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { parameters = [] }]) => ({ path, method, parameters })),
    );
    let asked = 0;
    for (const { path, method, parameters } of operations)
      for (const { name, in: place } of parameters)
        for (const text of ['%00', 'x%00y', '%ED%A0%80', '%F0%9F%98']) {
          if (place === 'header') continue;
          const placed = place === 'query' ? path : path.replace(`{${name}}`, text);
          const address = placed.replaceAll(/\{\w+\}/g, 'nope');
          const url = place === 'query' ? `${address}?${name}=${text}` : address;
          const { statusCode, body } = await stage.app.inject(
            sending(method.toUpperCase() as 'POST', url, undefined, { 'idempotency-key': randomUUID() }),
          );
          // A query that is not UTF-8 is left as it is: text with percent signs.
          const isDecoded = place === 'path' || text.includes('%00');
          const isRefused = statusCode >= 400 && statusCode < 500;
          assert.ok(isRefused || (!isDecoded && statusCode < 300), `${method} ${url}: ${statusCode} ${body}`);
          asked += 1;
        }
    assert.ok(asked >= 200, String(asked));
  });

  it('the JSON null is not taken for no body', async () => {
    const optional = Object.entries(
      stage.app.swagger().paths as Record<string, Record<string, { requestBody?: { required?: boolean } }>>,
    ).flatMap(([path, item]) =>
      item['post']?.requestBody?.required === false ? [path.replaceAll(/\{\w+\}/g, 'nope')] : [],
    );
    assert.ok(optional.length >= 8, optional.join());
    for (const url of optional) {
      const answer = await stage.app.inject(
        sending('POST', url, 'null', { 'idempotency-key': randomUUID() }),
      );
      assert.equal(answer.statusCode, 400, `${url}: ${answer.body}`);
      assert.match(answer.body, /body must be object/);
    }
  });

  it('creates nothing', async () => {
    const { rows } = await stage.shop.pool.query('select sku from stock_items');
    assert.deepEqual(rows, [{ sku: 'mug-01' }]);
    const started = await stage.client.workflow.count(`TaskQueue = '${stage.taskQueue}'`);
    assert.equal(started.count, 0);
  });

  it('a method that a path does not take is answered with those that it takes', async () => {
    const answer = await stage.app.inject(sending('DELETE', '/v1/orders'));
    assert.equal(answer.headers.allow, 'GET, HEAD, POST');
  });
});
