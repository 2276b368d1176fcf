import assert from 'node:assert/strict';
import type { LogEntry } from '../../src/contracts/http/board.ts';
import type { OrderCount } from '../../src/contracts/http/order-lists.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { DEVELOPMENT_CLIENT, SCOPES, type Scope } from '../../src/api/lib/api-keys.ts';
import type { Api } from '../../src/api/lib/types.ts';
import { checkoutOrder } from '../../harness/orders.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { operator } from '../support/api/operator.ts';
import { getting, problemOf } from '../support/api/requests.ts';

const FORMULA = '=HYPERLINK("http://evil.example","x")';

describe('a list of orders', function () {
  this.timeout(120_000);
  let stage: Stage;
  const ids: string[] = [];
  before(async () => {
    stage = await openStage();
    // Placed one hour apart, the newest first in `ids`.
    for (let hours = 1; hours <= 5; hours += 1) {
      const order = {
        ...checkoutOrder({
          customer: { email: `c${hours}@example.com`, name: hours === 2 ? FORMULA : 'Ada' },
        }),
        placedAt: new Date(Date.now() - hours * 3_600_000).toISOString(),
      };
      await stage.shop.ledger.reserveStock([order]);
      ids.push(order.orderId);
    }
  });
  after(() => stage.close());

  const at = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
  const listed = async (query: string): Promise<string[]> =>
    (await stage.app.inject(getting(`/v1/orders?${query}`)))
      .json<{ data: OrderView[] }>()
      .data.map(({ orderId }) => orderId);
  const count = async (query: string): Promise<OrderCount> =>
    (await stage.app.inject(getting(`/v1/orders/count?${query}`))).json<OrderCount>();
  const withScopes = (...scopes: Scope[]): Promise<Api> => {
    const client = { keyId: 'k', clientId: DEVELOPMENT_CLIENT, scopes: new Set(scopes) };
    return stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
  };

  it('has the oldest first where that is asked for, page by page', async () => {
    const first = await stage.app.inject(getting('/v1/orders?sort=oldest&limit=3'));
    const { data, nextCursor = '' } = first.json<{ data: OrderView[]; nextCursor?: string }>();
    assert.deepEqual(
      [...data.map(({ orderId }) => orderId), ...(await listed(`sort=oldest&limit=3&cursor=${nextCursor}`))],
      ids.toReversed(),
    );
  });

  it('has only the orders of a time', async () => {
    const query = `createdAfter=${at(3.5)}&createdBefore=${at(1.5)}`;
    assert.deepEqual(await listed(query), ids.slice(1, 3));
    assert.deepEqual(await count(query), { count: 2, isEstimate: false });
    assert.deepEqual(await listed('createdWithin=150m'), ids.slice(0, 2));
    assert.deepEqual(await count('createdWithin=1d'), { count: 5, isEstimate: false });
  });

  it('has only orders of which an authorisation ends soon and is not captured', async () => {
    const [soon = '', later = '', captured = ''] = ids;
    for (const [orderId, hours, capturable] of [
      [soon, 47, 1_200],
      [later, 49, 1_200],
      [captured, 10, 0],
    ] as const)
      await stage.shop.pool.query(
        `insert into payments (order_id, attempt, status, payment_intent_id, amount, capturable, capture_before, currency)
         values ($1, 1, 'authorized', 'pi_' || $1, 1200, $2, now() + $3 * interval '1 hour', 'EUR')`,
        [orderId, capturable, hours],
      );
    assert.deepEqual(await listed('holdEndsSoon=true'), [soon]);
    assert.deepEqual(await listed('holdEndsSoon=false'), ids.slice(1));
    await stage.shop.pool.query('delete from payments');
  });

  it('has as many rows as its count and its file, whichever filter is chosen', async () => {
    const [parked = '', ended = ''] = ids;
    await stage.shop.ledger.parkStep([
      { orderId: parked, workflowId: 'w', step: 'notify', reason: 'x', attempts: 1, actions: ['retry'] },
    ]);
    await stage.shop.ledger.recordReview([
      {
        orderId: ended,
        event: 'in_review',
        status: 'in_review',
        reasons: ['total_above_limit'],
        deadlineMs: 1,
      },
    ]);
    for (const [query, expected] of [
      ['status=in_review', [ended]],
      ['attention=true', [parked]],
      ['attention=false', ids.slice(1)],
      [`q=${parked}`, [parked]],
      ['status=paid', []],
    ] as const) {
      assert.deepEqual(await listed(query), expected, query);
      assert.deepEqual(await count(query), { count: expected.length, isEstimate: false }, query);
      const { body } = await stage.app.inject(getting(`/v1/orders/export?${query}`));
      const [, ...rows] = body.trimEnd().split('\r\n');
      assert.deepEqual(
        rows.map((row) => row.split(',')[0]),
        expected,
        query,
      );
    }
    await stage.shop.pool.query('delete from parked_steps');
  });

  it('begins with the moment of createdAfter, and ends before that of createdBefore', async () => {
    const { rows } = await stage.shop.pool.query<{ at: string }>(
      `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from orders order by created_at desc`,
    );
    const [, second = '', , fourth = ''] = rows.map(({ at: moment }) => moment);
    assert.deepEqual(await listed(`createdAfter=${fourth}&createdBefore=${second}`), ids.slice(2, 4));
  });

  it('has no address of a customer in its URL', async () => {
    for (const url of ['/v1/orders', '/v1/orders/count', '/v1/orders/export'])
      assert.equal((await stage.app.inject(getting(`${url}?q=ada@example.com`))).statusCode, 400, url);
  });

  describe('as CSV', () => {
    it('has a row for each order of the filter, and no personal data', async () => {
      const answer = await stage.app.inject(getting(`/v1/orders/export?createdAfter=${at(2.5)}`));
      assert.equal(answer.statusCode, 200);
      assert.match(String(answer.headers['content-type']), /^text\/csv/);
      assert.match(
        String(answer.headers['content-disposition']),
        /^attachment; filename="orders-\d{4}-\d\d-\d\d\.csv"$/,
      );
      const [head = '', ...rows] = answer.body.trimEnd().split('\r\n');
      assert.match(head, /^order_id,created_at,updated_at,status,reason,currency,total,/);
      assert.deepEqual(
        rows.map((row) => row.split(',')[0]),
        ids.slice(0, 2),
      );
      assert.ok(
        rows.every((row) => row.includes(',EUR,12.00,')),
        rows[0],
      );
      for (const personal of ['example.com', 'Ada', 'customer'])
        assert.ok(!answer.body.includes(personal), personal);
    });

    it('has personal data where that is asked for, with texts that no spreadsheet runs', async () => {
      const { body } = await stage.app.inject(getting('/v1/orders/export?customers=true'));
      assert.match(body, /^order_id,.*,customer_email,customer_name,/);
      assert.ok(body.includes(`c2@example.com,"'=HYPERLINK(""http://evil.example"",""x"")"`), body);
      assert.ok(!/(^|,)"?=/m.test(body));
    });

    it('tells apart what was captured and what was refunded, in major units', async () => {
      const [orderId = ''] = ids;
      await stage.shop.pool.query(
        `insert into payments (order_id, attempt, status, payment_intent_id, amount, captured, refunded, currency)
         values ($1, 1, 'succeeded', 'pi_1', 1200, 1200, 250, 'EUR')`,
        [orderId],
      );
      const { body } = await stage.app.inject(getting(`/v1/orders/export?q=${orderId}`));
      const [head = '', row = ''] = body.split('\r\n');
      const cell = (name: string) => row.split(',')[head.split(',').indexOf(name)];
      assert.deepEqual(['total', 'captured', 'refunded'].map(cell), ['12.00', '12.00', '2.50']);
      await stage.shop.pool.query('delete from payments');
    });

    it('needs the scope customers:reveal for personal data', async () => {
      const app = await withScopes('orders:read');
      const answer = await app.inject(getting('/v1/orders/export?customers=true'));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [403, 'forbidden']);
      assert.equal((await app.inject(getting('/v1/orders/export'))).statusCode, 200);
      const none = await withScopes(...SCOPES.filter((scope) => scope !== 'orders:read'));
      for (const url of ['/v1/orders/export', '/v1/orders/count', '/v1/views'])
        assert.equal((await none.inject(getting(url))).statusCode, 403, url);
    });

    it('is in the log, with the session of the operator', async () => {
      const me = await operator(stage.app);
      for (const query of ['', '?customers=true'])
        assert.equal((await stage.app.inject(me.getting(`/v1/orders/export${query}`))).statusCode, 200);
      const { data } = (await stage.app.inject(getting('/v1/log?limit=3'))).json<{ data: LogEntry[] }>();
      assert.deepEqual(
        data.map(({ action }) => action),
        ['customers_exported', 'orders_exported', 'signed_in'],
      );
      assert.equal(new Set(data.map(({ sessionId }) => sessionId)).size, 1);
    });
  });
});
