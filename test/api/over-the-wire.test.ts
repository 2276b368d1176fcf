import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Api } from '../../src/api/lib/types.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openStage, type Stage } from '../support/api/app.ts';
import { authorized, newKey, problemOf } from '../support/api/requests.ts';

describe('over the wire', () => {
  let stage: Stage;
  let origin: string;
  let port: number;
  before(async function () {
    this.timeout(120_000);
    stage = await openStage();
    port = await listen(stage.app);
    origin = `http://127.0.0.1:${port}`;
  });
  after(() => stage.close());

  async function listen(app: Api): Promise<number> {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const [address] = app.addresses();
    return typeof address === 'object' ? address.port : 0;
  }

  const headersOf = (extra: Record<string, string> = {}): Record<string, string> => ({
    ...authorized,
    'content-type': 'application/json',
    'idempotency-key': newKey(),
    ...extra,
  });

  for (const size of [100_000, 2_000_000, 10_000_000]) {
    it(`a body of ${size} bytes gets a complete 413, and the connection stays open`, async () => {
      const answer = await fetch(`${origin}/v1/orders`, {
        method: 'POST',
        headers: headersOf(),
        body: JSON.stringify({ padding: 'x'.repeat(size) }),
      });
      assert.equal(answer.status, 413);
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
      assert.notEqual(answer.headers.get('connection'), 'close');
      const problem: unknown = await answer.json();
      assert.ok(typeof problem === 'object' && problem && 'code' in problem);
      assert.equal(problem.code, 'body_too_large');
    });
  }

  it('a chunked body that is too large gets a complete 413 too', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(100_000));
    let left = 20;
    const body = new ReadableStream({
      pull(controller) {
        if (left-- > 0) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const init = { method: 'POST', headers: headersOf(), body, duplex: 'half' } as const;
    const answer = await fetch(`${origin}/v1/orders`, init);
    assert.equal(answer.status, 413);
  });

  it('broken JSON gets a 400, and the connection stays open', async () => {
    const answer = await fetch(`${origin}/v1/orders`, {
      method: 'POST',
      headers: headersOf(),
      body: '{"a":',
    });
    assert.equal(answer.status, 400);
    assert.notEqual(answer.headers.get('connection'), 'close');
    assert.match(await answer.text(), /"code":"invalid_json"/);
  });

  it('bytes that are not HTTP get a 400 with a problem body too', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GARBAGE\r\n\r\n');
    let text = '';
    socket.on('data', (data) => (text += String(data)));
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /application\/problem\+json/);
  });

  it('a key that is sent twice is refused rather than joined', async () => {
    const socket = connect(port, '127.0.0.1');
    const body = JSON.stringify(orderRequest());
    socket.write(
      `POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorized.authorization}\r\nConnection: close\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `Idempotency-Key: one\r\nIdempotency-Key: two\r\n\r\n${body}`,
    );
    let text = '';
    socket.on('data', (data) => (text += String(data)));
    await once(socket, 'close');
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.match(text, /idempotency_key_invalid/);
  });

  it('a caller who waits is answered when the API closes, and the API then closes at once', async () => {
    const app = await stage.another();
    const address = `http://127.0.0.1:${await listen(app)}/v1/orders`;
    const body = JSON.stringify(orderRequest({ lines: [line('mug-01', 7)] }));
    const placed = fetch(address, {
      method: 'POST',
      headers: headersOf({ prefer: 'wait=60', 'idempotency-key': 'closing' }),
      body,
    });
    // The workflow exists, and no worker runs it: the caller waits from now on.
    await waitUntilPasses(async () => {
      const query = `TaskQueue = '${stage.taskQueue}'`;
      assert.ok((await stage.client.workflow.count(query)).count > 0);
    });
    const started = Date.now();
    await app.close();
    assert.ok(Date.now() - started < 5_000);
    assert.equal((await placed).status, 202);
  });

  it('the API closes at once though a connection was opened in advance and not used', async () => {
    const app = await stage.another();
    const socket = connect(await listen(app), '127.0.0.1');
    await Promise.all([once(socket, 'connect'), once(app.server, 'connection')]);
    const ended = once(socket, 'close');
    socket.resume();
    await Promise.all([app.close(), ended]);
  });

  it('no page of another origin may read a response', async () => {
    const answer = await fetch(`${origin}/v1/stock`, {
      headers: { ...authorized, origin: 'https://evil.example' },
    });
    assert.equal(answer.headers.get('access-control-allow-origin'), null);
  });

  it('HEAD answers as GET does, without the body', async () => {
    const answer = await fetch(`${origin}/v1/stock`, { method: 'HEAD', headers: authorized });
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), '');
  });

  it('too many requests with one key get a 429 that says when to try again', async () => {
    const app = await stage.another({
      http: { rateLimitPerMinute: 2, bodyLimitBytes: 65_536, corsOrigins: [] },
    });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1) {
      const answer = await app.inject({ url: '/v1/stock', headers: authorized });
      statuses.push(answer.statusCode);
      if (answer.statusCode === 429) {
        assert.equal(problemOf(answer).code, 'rate_limited');
        assert.ok(Number(answer.headers['retry-after']) > 0);
      }
    }
    assert.deepEqual(statuses, [200, 200, 429]);
    assert.equal((await app.inject('/livez')).statusCode, 200);
  });

  it('requests are answered 503 while the event loop lags behind, but not because of the start, and health checks never', async () => {
    const app = await stage.another({ maxEventLoopDelayMs: 0.001 });
    const request = { url: '/v1/stock', headers: authorized };
    const refused = () =>
      waitUntilPasses(async () => {
        const answer = await app.inject(request);
        assert.deepEqual([answer.statusCode, problemOf(answer).code], [503, 'unavailable']);
      });
    await refused();
    assert.equal((await app.inject('/livez')).statusCode, 200);
    await app.listen({ port: 0, host: '127.0.0.1' });
    assert.equal((await app.inject(request)).statusCode, 200);
    await refused();
  });
});
