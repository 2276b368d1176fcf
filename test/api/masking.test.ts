import assert from 'node:assert/strict';
import { maskAddress, maskEmail, maskName, maskText } from '../../src/domain/masking.ts';
import type { LogEntry } from '../../src/contracts/http/board.ts';
import type { OrderView, RevealedCustomer } from '../../src/contracts/http/order.ts';
import { DEVELOPMENT_CLIENT, SCOPES } from '../../src/api/lib/api-keys.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { checkoutOrder, orderRequest } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { operator, type Operator } from '../support/api/operator.ts';
import { getting, newKey, orderOf, problemOf, sending } from '../support/api/requests.ts';

const CUSTOMER = { email: 'ada@example.com', name: 'Ada Lovelace' };
const SHIPPING = {
  name: 'Ada Lovelace',
  line1: '1 High St',
  line2: 'Flat 7',
  city: 'Berlin',
  state: 'BE',
  postalCode: '10115',
  country: 'DE',
};
const MASKED_CUSTOMER = { email: 'a•••@example.com', name: 'A•• L•••••••' };
const MASKED_SHIPPING = {
  name: 'A•• L•••••••',
  line1: '•••',
  city: '•••',
  postalCode: '10•••',
  country: 'DE',
};
/** What no answer may have. */
const PERSONAL = ['ada@', 'Lovelace', 'High St', 'Flat 7', 'Berlin', '10115'];

describe('personal data at the board', function () {
  this.timeout(120_000);
  let stage: Stage;
  let me: Operator;
  let orderId: string;
  before(async () => {
    stage = await openStage();
    me = await operator(stage.app);
    const order = checkoutOrder({ customer: CUSTOMER, shipping: SHIPPING });
    orderId = orderIdOf(DEVELOPMENT_CLIENT, newKey());
    await stage.shop.ledger.reserveStock([{ ...order, orderId }]);
  });
  after(() => stage.close());

  const log = async (): Promise<LogEntry[]> =>
    (await stage.app.inject(getting(`/v1/log?orderId=${orderId}`))).json<{ data: LogEntry[] }>().data;

  it('is masked by the server, on the order and in every list', async () => {
    const lists = [
      me.getting(`/v1/orders?q=${orderId}`),
      me.sending('POST', '/v1/orders/search', { email: CUSTOMER.email }),
    ];
    const answers = [
      orderOf(await stage.app.inject(me.getting(`/v1/orders/${orderId}`))),
      ...(await Promise.all(
        lists.map(async (request) => (await stage.app.inject(request)).json<{ data: OrderView[] }>().data[0]),
      )),
    ];
    for (const order of answers) {
      assert.deepEqual([order?.customer, order?.shipping], [MASKED_CUSTOMER, MASKED_SHIPPING]);
      for (const text of PERSONAL) assert.ok(!JSON.stringify(order).includes(text), text);
    }
  });

  it('is masked in the answer to what the operator does', async () => {
    const placed = await stage.app.inject(
      me.sending('POST', '/v1/orders', orderRequest({ customer: CUSTOMER, shipping: SHIPPING }), {
        'idempotency-key': 'board-1',
      }),
    );
    assert.equal(placed.statusCode, 202);
    for (const text of PERSONAL) assert.ok(!placed.body.includes(text), text);
  });

  it('is not masked for a client with an API key, and nothing of that is in the log', async () => {
    const { customer, shipping } = orderOf(await stage.app.inject(getting(`/v1/orders/${orderId}`)));
    assert.deepEqual([customer, shipping], [CUSTOMER, SHIPPING]);
    assert.deepEqual(await log(), []);
  });

  it('is revealed on request, and the log says who has seen which order and when', async () => {
    const answer = await stage.app.inject(me.sending('POST', `/v1/orders/${orderId}/reveal`));
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual(answer.json<RevealedCustomer>(), { orderId, customer: CUSTOMER, shipping: SHIPPING });
    const [entry, ...others] = await log();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [entry?.action, entry?.clientId, entry?.keyId, entry?.orderId],
      ['customer_revealed', 'development', 'development', orderId],
    );
    const [signedIn] = (await stage.app.inject(getting('/v1/log?action=signed_in'))).json<{
      data: LogEntry[];
    }>().data;
    assert.equal(entry?.sessionId, signedIn?.sessionId);
    assert.ok(Math.abs(Date.parse(entry?.at ?? '') - Date.now()) < 60_000);
    for (const text of PERSONAL) assert.ok(!JSON.stringify(entry).includes(text), text);
  });

  it('is not revealed where the log cannot be written', async () => {
    const app = await stage.another({
      operatorLog: { add: () => Promise.reject(new Error('full')), list: () => Promise.resolve([]) },
    });
    const answer = await app.inject(sending('POST', `/v1/orders/${orderId}/reveal`));
    assert.equal(answer.statusCode, 500);
    for (const text of PERSONAL) assert.ok(!answer.body.includes(text), text);
  });

  it('of an order that nobody knows is not found, and not in the log', async () => {
    const answer = await stage.app.inject(me.sending('POST', `/v1/orders/ord_${'0'.repeat(32)}/reveal`));
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'order_not_found']);
    const unknown = await stage.app.inject(getting(`/v1/log?orderId=ord_${'0'.repeat(32)}`));
    assert.deepEqual(unknown.json(), { data: [] });
  });

  it('is revealed with the scope customers:reveal, and the log is read with log:read', async () => {
    for (const [scope, request] of [
      ['customers:reveal', sending('POST', `/v1/orders/${orderId}/reveal`)],
      ['log:read', getting('/v1/log')],
    ] as const) {
      const scopes = new Set(SCOPES.filter((each) => each !== scope));
      const client = { keyId: 'k', clientId: DEVELOPMENT_CLIENT, scopes };
      const app = await stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
      const answer = await app.inject(request);
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [403, 'forbidden'], scope);
    }
  });

  it('leaves a trail that is read page by page', async () => {
    for (let n = 0; n < 3; n += 1) await stage.app.inject(me.sending('POST', `/v1/orders/${orderId}/reveal`));
    const url = '/v1/log?action=customer_revealed&limit=2';
    const first = (await stage.app.inject(getting(url))).json<{ data: LogEntry[]; nextCursor: string }>();
    const second = (await stage.app.inject(getting(`${url}&cursor=${first.nextCursor}`))).json<{
      data: LogEntry[];
    }>();
    const ids = [...first.data, ...second.data].map(({ entryId }) => entryId);
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((a, b) => b - a),
    );
    assert.equal(ids.length, 4);
    const wrong = await stage.app.inject(getting('/v1/log?cursor=abc'));
    assert.equal(wrong.statusCode, 400);
  });

  it('is not in the URL of a search by address', async () => {
    const answer = await stage.app.inject(getting('/v1/orders?q=ada@example.com'));
    assert.deepEqual([answer.statusCode, problemOf(answer).errors?.[0]?.field], [400, 'q']);
    assert.match(String(problemOf(answer).detail), /POST \/v1\/orders\/search/);
  });
});

describe('masking', () => {
  it('leaves the first letter of each name and the number of its letters', () => {
    assert.deepEqual(['Ada Lovelace', '  Ada ', 'J', '王小明', 'Ötzi'].map(maskName), [
      'A•• L•••••••',
      'A••',
      'J•',
      '王••',
      'Ö•••',
    ]);
  });

  it('leaves the first letter of an address and its domain', () => {
    assert.deepEqual(['ada@example.com', 'a@b.de', '"a@b"@c.de', 'nonsense'].map(maskEmail), [
      'a•••@example.com',
      'a•••@b.de',
      '"•••@c.de',
      '•••',
    ]);
  });

  it('leaves the country and the beginning of the postal code, where there is one', () => {
    const hongKong = { name: 'Ada Lovelace', line1: '1 High St', city: 'Hong Kong', country: 'HK' };
    assert.deepEqual(maskAddress(hongKong), {
      name: 'A•• L•••••••',
      line1: '•••',
      city: '•••',
      country: 'HK',
    });
  });
});

describe('the text of a mail at the board', () => {
  const order = { customer: CUSTOMER, shipping: SHIPPING };

  it('has nothing of the customer, also not a part of their name', () => {
    const text = maskText(
      'Hello Ada Lovelace, dear Ada!\nWe sent 2 × Mug to 1 High St, Flat 7, 10115 Berlin, BE. This mail went to ada@example.com.',
      order,
    );
    for (const personal of [...PERSONAL, 'Ada']) assert.ok(!text.includes(personal), `${personal}: ${text}`);
    assert.match(text, /2 × Mug/);
  });

  it('has links without what follows their path, which may be a secret', () => {
    assert.equal(
      maskText('Pay: https://pay.example/a/b?token=s3cret#x now', {}),
      'Pay: https://pay.example/a/b?••• now',
    );
    assert.equal(maskText('See https://shop.example/help.', {}), 'See https://shop.example/help.');
  });
});
