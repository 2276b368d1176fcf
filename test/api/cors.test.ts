import assert from 'node:assert/strict';
import type { Api } from '../../src/api/lib/types.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { getting } from '../support/api/requests.ts';

const SHOP = 'https://shop.example';
const http = { rateLimitPerMinute: 1_000, bodyLimitBytes: 65_536 };

describe('a call from a page in a browser', () => {
  let stage: Stage;
  let app: Api;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
    app = await stage.another({ http: { ...http, corsOrigins: [SHOP, 'http://localhost:5173'] } });
  });
  after(() => stage.close());

  const preflight = (api: Api, origin: string) =>
    api.inject({
      method: 'OPTIONS',
      url: '/v1/orders',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,idempotency-key,content-type',
      },
    });
  const allowed = ({ headers }: { headers: Record<string, unknown> }) =>
    headers['access-control-allow-origin'];

  it('of a configured origin is allowed, with the headers that the API reads', async () => {
    const { statusCode, headers } = await preflight(app, SHOP);
    assert.deepEqual([statusCode, headers['access-control-allow-origin']], [204, SHOP]);
    const names = String(headers['access-control-allow-headers']).toLowerCase();
    for (const name of ['authorization', 'content-type', 'idempotency-key', 'prefer', 'last-event-id'])
      assert.ok(names.includes(name), name);
    assert.match(String(headers['access-control-allow-methods']), /POST/);
    assert.equal(headers['access-control-allow-credentials'], undefined);
  });

  it('can read answers and problems, also where no key was sent or no route matches', async () => {
    for (const [url, status, extra] of [
      ['/v1/stock', 200, {}],
      ['/v1/orders/nope', 404, {}],
      ['/v1/none', 404, {}],
      ['/v1/stock', 401, { authorization: '' }],
    ] as const) {
      const answer = await app.inject(getting(url, { origin: SHOP, ...extra }));
      assert.deepEqual([answer.statusCode, allowed(answer)], [status, SHOP], url);
      assert.match(String(answer.headers['access-control-expose-headers']), /Location/);
      assert.match(
        String(answer.headers.vary),
        /Origin/,
        'a cache must not give the answer to another origin',
      );
    }
    const start = await app.inject(getting('/', { origin: SHOP }));
    assert.equal(start.headers.vary, 'Origin, Accept');
  });

  it('of another origin cannot read anything', async () => {
    for (const origin of [
      'https://evil.example',
      'https://shop.example.evil.example',
      'http://shop.example',
      'null',
    ]) {
      assert.equal(allowed(await preflight(app, origin)), undefined, origin);
      assert.equal(allowed(await app.inject(getting('/v1/stock', { origin }))), undefined, origin);
    }
  });

  it('is not allowed by default', async () => {
    const answer = await preflight(stage.app, SHOP);
    assert.deepEqual([answer.statusCode, allowed(answer)], [405, undefined]);
    assert.equal(allowed(await stage.app.inject(getting('/v1/stock', { origin: SHOP }))), undefined);
  });

  it('does not change what a path answers that does not exist, or does not take the method', async () => {
    assert.equal((await app.inject(getting('/v2/orders'))).statusCode, 404);
    const { statusCode, headers } = await app.inject({ ...getting('/v1/orders'), method: 'DELETE' });
    assert.deepEqual([statusCode, headers.allow], [405, 'GET, HEAD, POST']);
  });
});
