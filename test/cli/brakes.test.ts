import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import { invoke } from '../support/cli/invoke.ts';

const BRAKE: BrakeView = {
  brakeId: 7,
  kind: 'intake',
  target: 'all',
  reason: 'Wrong prices',
  setAt: '2026-01-01T10:00:00.000Z',
  setBy: { type: 'operator', id: 'office' },
  affected: 41,
};

describe('checkout brakes', () => {
  const asked: { path: string; body: unknown }[] = [];
  let found: BrakeView[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const { url: path = '', method } = request;
      const read = method === 'POST' ? json(request) : Promise.resolve(undefined);
      void read.then((body) => {
        asked.push({ path, body });
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify(method === 'POST' ? BRAKE : { data: found }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    url = `http://127.0.0.1:${address.port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    asked.splice(0);
    found = [BRAKE];
  });
  const checkout = (...args: string[]) => invoke([...args, '--url', url]);

  it('lists what is paused, by whom and why, and what it has refused', async () => {
    const { exitCode, out } = await checkout('brakes');
    assert.equal(exitCode, 0);
    assert.match(out, /7\s+intake\s+all\s+41\s+2026-01-01T10:00:00\.000Z\s+operator office\s+Wrong prices/);
    assert.deepEqual(
      asked.map(({ path }) => path),
      ['/v1/brakes?state=on&limit=100'],
    );
    found = [];
    assert.match((await checkout('brakes', 'list')).out, /Nothing is paused\./);
    await checkout('brakes', 'list', '--released');
    assert.equal(asked.at(-1)?.path, '/v1/brakes?state=released&limit=100');
  });

  it('sets one, with a reason', async () => {
    assert.equal((await checkout('brakes', 'on', 'sku', 'mug-01', '--reason', 'Recalled')).exitCode, 0);
    assert.equal((await checkout('brakes', 'on', 'intake', '--reason', 'Wrong prices')).exitCode, 0);
    assert.deepEqual(asked, [
      { path: '/v1/brakes', body: { kind: 'sku', target: 'mug-01', reason: 'Recalled' } },
      { path: '/v1/brakes', body: { kind: 'intake', reason: 'Wrong prices' } },
    ]);
    for (const args of [
      ['on', 'intake'],
      ['on', 'everything', '--reason', 'x'],
      ['off', '7'],
    ])
      assert.notEqual((await checkout('brakes', ...args)).exitCode, 0, args.join(' '));
    assert.equal(asked.length, 2);
  });

  it('releases one, with a reason', async () => {
    const { exitCode } = await checkout('brakes', 'off', '7', '--reason', 'All is well');
    assert.equal(exitCode, 0);
    assert.deepEqual(asked, [{ path: '/v1/brakes/7/release', body: { reason: 'All is well' } }]);
  });
});
