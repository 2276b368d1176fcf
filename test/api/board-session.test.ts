import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { InjectOptions } from 'fastify';
import type { BoardSessionView, LogEntry } from '../../src/contracts/http/board.ts';
import type { Api } from '../../src/api/lib/types.ts';
import { developmentKey, keyHashOf, SCOPES, type ApiClient } from '../../src/api/lib/api-keys.ts';
import { createDeleteExpired } from '../../src/adapters/postgres/retention.ts';
import { API_KEY, openStage, type Stage } from '../support/api/app.ts';
import { operator, signingIn, type Operator } from '../support/api/operator.ts';
import { getting, placing, problemOf } from '../support/api/requests.ts';
import { orderRequest } from '../../harness/orders.ts';

const COOKIE = /^checkout_session=([A-Za-z0-9_-]{43}); Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/;

describe('a session at the board', function () {
  this.timeout(120_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage();
  });
  after(() => stage.close());

  const signIn = (changes: InjectOptions = {}, app = stage.app) =>
    app.inject({ ...signingIn(API_KEY), ...changes });
  const tokenHashes = async (): Promise<string[]> =>
    (await stage.shop.pool.query<{ token_hash: string }>('select token_hash from board_sessions')).rows.map(
      ({ token_hash }) => token_hash,
    );

  it('begins with an API key, in a cookie that a script cannot read and another site cannot use', async () => {
    const answer = await signIn();
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers['cache-control'], 'no-store');
    const { clientId, scopes, csrfToken, expiresAt } = answer.json<BoardSessionView>();
    assert.deepEqual([clientId, scopes], ['development', [...SCOPES].sort()]);
    assert.match(csrfToken, /^[A-Za-z0-9_-]{43}$/);
    const hours = (Date.parse(expiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 11.9 && hours < 12.1, expiresAt);
    assert.match(String(answer.headers['set-cookie']), COOKIE);
  });

  it('keeps a hash of the token, and neither the token nor the key', async () => {
    const answer = await signIn();
    const [, token = ''] = COOKIE.exec(String(answer.headers['set-cookie'])) ?? [];
    assert.ok((await tokenHashes()).includes(createHash('sha256').update(token).digest('hex')));
    const { rows } = await stage.shop.pool.query<{ text: string }>(
      `select s::text || (select string_agg(l::text, '') from audit_log l) as text from board_sessions s`,
    );
    const { csrfToken } = answer.json<BoardSessionView>();
    for (const { text } of rows)
      for (const secret of [token, API_KEY, csrfToken]) assert.ok(!text.includes(secret), secret);
  });

  it('has a cookie for HTTPS only where the browser uses HTTPS', async () => {
    const isSecure = async (answer: ReturnType<typeof signIn>): Promise<boolean> =>
      String((await answer).headers['set-cookie']).includes('; Secure');
    const headers = signingIn(API_KEY).headers;
    assert.equal(await isSecure(signIn()), false);
    assert.equal(await isSecure(signIn({ headers: { ...headers, 'x-forwarded-proto': 'https' } })), true);
    const secured = await stage.another({ publicUrl: 'https://shop.example' });
    assert.equal(await isSecure(signIn({}, secured)), true);
  });

  it('is retrieved with its token, until it is ended', async () => {
    const me = await operator(stage.app);
    const found = await stage.app.inject(me.getting('/board/session'));
    assert.equal(found.statusCode, 200);
    assert.equal(found.json<BoardSessionView>().csrfToken, me.csrfToken);
    assert.equal((await stage.app.inject(me.getting('/v1/orders'))).statusCode, 200);

    const ended = await stage.app.inject(me.sending('DELETE', '/board/session'));
    assert.equal(ended.statusCode, 204);
    assert.match(String(ended.headers['set-cookie']), /^checkout_session=; Max-Age=0; Path=\//);
    for (const path of ['/board/session', '/v1/orders']) {
      const answer = await stage.app.inject(me.getting(path));
      assert.deepEqual([answer.statusCode, problemOf(answer).code], [401, 'unauthorized'], path);
    }
    assert.equal((await stage.app.inject(me.sending('DELETE', '/board/session'))).statusCode, 204);
  });

  it('is 401 without a cookie and with one of another form', async () => {
    for (const cookie of [
      '',
      'checkout_session=',
      'checkout_session=x',
      'checkout_session=%00',
      `checkout_session=${'a'.repeat(43)}`,
    ])
      for (const url of ['/board/session', '/v1/orders'])
        assert.equal(
          (await stage.app.inject({ url, headers: { cookie } })).statusCode,
          401,
          `${url} ${cookie}`,
        );
  });

  it('does not count where the request has an Authorization header', async () => {
    const me = await operator(stage.app);
    const { headers, ...request } = me.getting('/v1/orders');
    const wrong = { ...request, headers: { ...headers, authorization: 'Bearer wrong' } };
    assert.equal((await stage.app.inject(wrong)).statusCode, 401);
    const right = placing(orderRequest());
    const both = { ...right, headers: { ...right.headers, cookie: me.cookie } };
    assert.equal((await stage.app.inject(both)).statusCode, 202, 'no X-CSRF-Token is needed with a key');
  });

  it('ends with its time, and the retention deletes it', async () => {
    const me = await operator(stage.app);
    await stage.shop.pool.query(
      `update board_sessions set expires_at = clock_timestamp() - interval '1 second'`,
    );
    assert.equal((await stage.app.inject(me.getting('/v1/orders'))).statusCode, 401);
    const others = await operator(stage.app);
    const kinds = [{ kind: 'board_sessions', keepMs: 0 } as const];
    await createDeleteExpired(stage.shop.pool)({ limit: 100, everyMs: 0, kinds });
    assert.equal((await tokenHashes()).length, 1);
    assert.equal((await stage.app.inject(others.getting('/v1/orders'))).statusCode, 200);
  });

  it('ends when its key is not valid any more, and has the scopes that the key has now', async () => {
    let client: ApiClient | undefined = await developmentKey(API_KEY).find(API_KEY);
    assert.ok(client);
    const app = await stage.another({
      apiKeys: {
        find: () => client,
        findByHash: (hash) => Promise.resolve(hash === keyHashOf(API_KEY) ? client : undefined),
      },
    });
    const me = await operator(app);
    assert.equal((await app.inject(me.getting('/v1/orders'))).statusCode, 200);
    client = { ...client, scopes: new Set(['stats:read']) };
    assert.equal((await app.inject(me.getting('/v1/orders'))).statusCode, 403);
    assert.deepEqual((await app.inject(me.getting('/board/session'))).json<BoardSessionView>().scopes, [
      'stats:read',
    ]);
    client = undefined;
    assert.equal((await app.inject(me.getting('/v1/queues'))).statusCode, 401);
    assert.equal((await app.inject(me.getting('/board/session'))).statusCode, 401);
  });

  it('ends with the start of a process that has another key', async () => {
    const me = await operator(stage.app);
    const app = await stage.another({ apiKeys: developmentKey('another-key') });
    assert.equal((await app.inject(me.getting('/v1/orders'))).statusCode, 401);
  });

  it('is known to every process', async () => {
    const me = await operator(stage.app);
    const other = await stage.another();
    assert.equal((await other.inject(me.getting('/v1/orders'))).statusCode, 200);
    await stage.app.inject(me.sending('DELETE', '/board/session'));
    assert.equal((await other.inject(me.getting('/v1/orders'))).statusCode, 401);
  });

  it('has its beginning and its end in the log, with one name, which nobody can change', async () => {
    const me = await operator(stage.app);
    await stage.app.inject(me.sending('DELETE', '/board/session'));
    const [last, first] = (await stage.app.inject(getting('/v1/log?limit=2'))).json<{ data: LogEntry[] }>()
      .data;
    assert.deepEqual([first?.action, last?.action], ['signed_in', 'signed_out']);
    assert.deepEqual([first?.clientId, first?.keyId], ['development', 'development']);
    assert.equal(first?.sessionId, last?.sessionId);
    for (const change of [
      `update audit_log set client_id = 'somebody'`,
      'delete from audit_log',
      'delete from audit_log where false',
      'truncate audit_log',
    ])
      await assert.rejects(stage.shop.pool.query(change), /append-only/, change);
  });

  describe('with a wrong key', () => {
    let app: Api;
    beforeEach(async () => {
      app = await stage.another();
    });
    const wrongFrom = (remoteAddress: string, key = 'wrong') =>
      app.inject({ ...signingIn(key), remoteAddress });

    it('is refused with the same words for every cause', async () => {
      for (const key of ['wrong', `${API_KEY}x`, ' ']) {
        const answer = await wrongFrom('192.0.2.9', key);
        assert.deepEqual(
          [answer.statusCode, problemOf(answer).code, problemOf(answer).detail, answer.headers['set-cookie']],
          [401, 'unauthorized', 'This key is not known or has expired.', undefined],
        );
      }
    });

    it('has to wait after five of them from an address within a minute, also with the right key', async () => {
      for (let n = 0; n < 5; n += 1) assert.equal((await wrongFrom('192.0.2.1')).statusCode, 401);
      for (const key of ['wrong', API_KEY]) {
        const answer = await wrongFrom('192.0.2.1', key);
        assert.deepEqual([answer.statusCode, problemOf(answer).code], [429, 'rate_limited']);
        const seconds = Number(answer.headers['retry-after']);
        assert.ok(seconds > 50 && seconds <= 60, String(seconds));
      }
      assert.equal((await wrongFrom('192.0.2.2', API_KEY)).statusCode, 200, 'another address need not wait');
    });

    it('sent at the same time does not get more attempts', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => wrongFrom('192.0.2.3')));
      const statuses = answers.map(({ statusCode }) => statusCode);
      assert.deepEqual(
        [
          statuses.filter((status) => status === 401).length,
          statuses.filter((status) => status === 429).length,
        ],
        [5, 15],
      );
    });

    it('does not wait for right keys', async () => {
      for (let n = 0; n < 8; n += 1) assert.equal((await wrongFrom('192.0.2.4', API_KEY)).statusCode, 200);
    });
  });

  describe('of which another site makes use', () => {
    let me: Operator;
    before(async () => {
      me = await operator(stage.app);
    });
    const key = 'csrf-1';
    const place = (headers: Record<string, string>) => {
      const { headers: own, ...request } = me.sending('POST', '/v1/orders', orderRequest(), {
        'idempotency-key': key,
      });
      return stage.app.inject({ ...request, headers: { ...own, ...headers } });
    };
    const isRefused = async (answer: ReturnType<typeof place>, what: string): Promise<void> => {
      const { statusCode } = await answer;
      assert.deepEqual([statusCode, problemOf(await answer).code], [403, 'cross_site_request'], what);
      assert.equal((await answer).headers['access-control-allow-origin'], undefined);
    };

    it('changes nothing without the token that only the board can read', async () => {
      for (const token of ['', 'wrong', `${me.csrfToken}x`])
        await isRefused(place({ 'x-csrf-token': token }), token);
      const { headers, ...request } = me.sending('DELETE', '/board/session');
      const ending = { ...request, headers: { ...headers, 'x-csrf-token': 'wrong' } };
      assert.equal((await stage.app.inject(ending)).statusCode, 403);
      assert.equal((await stage.app.inject(me.getting('/board/session'))).statusCode, 200);
    });

    it('changes nothing from another origin, even with the token', async () => {
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: 'http://localhost:81' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ] as Record<string, string>[])
        await isRefused(place(headers), JSON.stringify(headers));
    });

    it('does not read either', async () => {
      for (const headers of [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
      ] as Record<string, string>[]) {
        const { headers: own, ...request } = me.getting('/v1/orders');
        await isRefused(
          stage.app.inject({ ...request, headers: { ...own, ...headers } }),
          JSON.stringify(headers),
        );
      }
    });

    it('is still possible for the board itself', async () => {
      const own = { origin: 'http://localhost:80', 'sec-fetch-site': 'same-origin' };
      const answer = await place(own);
      assert.equal(answer.statusCode, 202, answer.body);
    });

    it('is still possible behind a proxy that changes the Host, with PUBLIC_URL', async () => {
      const app = await stage.another({ publicUrl: 'https://shop.example/' });
      const { headers, ...request } = me.sending('POST', '/v1/orders', orderRequest(), {
        'idempotency-key': key,
      });
      const from = (origin: string) => app.inject({ ...request, headers: { ...headers, origin } });
      assert.equal((await from('https://shop.example')).statusCode, 202);
      assert.equal((await from('http://shop.example')).statusCode, 403);
    });

    it('does not sign anybody in', async () => {
      const { headers, ...request } = signingIn(API_KEY);
      const answer = await stage.app.inject({
        ...request,
        headers: { ...headers, origin: 'https://evil.example' },
      });
      assert.deepEqual([answer.statusCode, answer.headers['set-cookie']], [403, undefined]);
    });
  });
});
