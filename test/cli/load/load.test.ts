import assert from 'node:assert/strict';
import type { LoadReport } from '../../../src/cli/load/report.ts';
import { isLoopback } from '../../../src/cli/load/loopback.ts';
import { orderOf, HUNDRED_SKUS } from '../../../harness/load/order-mix.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { ShopServer } from '../../support/cli/shop-server.ts';

describe('load', () => {
  let shop: ShopServer;
  beforeEach(async () => {
    shop = await new ShopServer().start();
  });
  afterEach(() => shop.stop());
  const load = (...args: string[]) => invoke(['load', '--url', shop.url, ...args]);
  const report = async (...args: string[]): Promise<LoadReport> =>
    JSON.parse((await load(...args, '--json')).out) as LoadReport;

  it('places the given number of orders, each with its own key, over kept-alive connections', async () => {
    const { orders, outcomes, errors, retries, responseTime } = await report(
      '--orders',
      '60',
      '--concurrency',
      '4',
    );
    assert.deepEqual(
      { orders, outcomes, errors, retries },
      { orders: 60, outcomes: { paid: 60 }, errors: {}, retries: 0 },
    );
    assert.equal(responseTime?.count, 60);
    assert.equal(shop.keys.size, 60);
    assert.equal(shop.received[0]?.headers.prefer, 'wait=30');
    assert.equal(shop.received[0].headers.connection, 'keep-alive');
  });

  it('uses other keys than any other run', async () => {
    await report('--orders', '5');
    await report('--orders', '5');
    assert.equal(shop.keys.size, 10);
  });

  it('shows the figures and the histogram', async () => {
    const { exitCode, out } = await load('--orders', '20', '--method', 'pm_card_visa,pm_card_chargeDeclined');
    assert.equal(exitCode, 0);
    assert.match(out, /^orders\s+20 in \d/);
    assert.match(out, /throughput\s+\d+\.\d orders\/s/);
    assert.match(out, / paid\s+10\n/);
    assert.match(out, / payment_failed\s+10\n/);
    for (const name of ['min', 'average', 'p50', 'p95', 'p99', 'max'])
      assert.match(out, new RegExp(`^${name}\\s+\\d[\\d.]* m?s$`, 'm'));
    assert.match(out, /ms │█+/);
  });

  it('sends again with the same key when a connection fails, and counts the retries', async () => {
    shop.requestsToDrop = 2;
    const { outcomes, retries } = await report('--orders', '10', '--concurrency', '1');
    assert.deepEqual(outcomes, { paid: 10 });
    assert.equal(retries, 2);
    const keys = shop.received.map(({ headers }) => headers['idempotency-key']);
    assert.deepEqual(keys.slice(0, 3), [keys[0], keys[0], keys[0]]);
    assert.equal(shop.orders.size, 10);
  });

  it('counts problems by code without retries, and exits with 1', async () => {
    shop.problem = { status: 429, code: 'rate_limited', times: 3 };
    const { exitCode, out, err } = await load('--orders', '10', '--concurrency', '2');
    assert.equal(exitCode, 1);
    assert.match(out, /rate_limited\s+3/);
    assert.equal(err, '3 of 10 orders got no outcome.\n');
    assert.equal(shop.received.length, 10);
  });

  it('counts every order as an error when no server runs', async () => {
    await shop.stop();
    const { exitCode, out } = await load('--orders', '4', '--json');
    assert.equal(exitCode, 1);
    const { errors, responseTime } = JSON.parse(out) as LoadReport;
    assert.deepEqual(errors, { ECONNREFUSED: 4 });
    assert.equal(responseTime, null);
    shop = await new ShopServer().start();
  });

  it('keeps the rate in an open loop, and stops after the duration', async () => {
    const { orders, durationSeconds } = await report('--rate', '200', '--duration', '250ms', '--wait', '0');
    assert.equal(orders, 50);
    assert.ok(durationSeconds >= 0.245, `${durationSeconds}`);
  });

  it('accepts a rate or a concurrency, not both', async () => {
    assert.equal((await load('--rate', '5', '--concurrency', '5')).exitCode, 1);
    assert.equal(shop.received.length, 0);
  });

  it('places no load on another machine without --allow-remote', async () => {
    const { exitCode, err } = await load('--url', 'http://shop.example');
    assert.equal(exitCode, 1);
    assert.match(err, /is not on this machine\. To place load on it anyway, add --allow-remote/);
    const verdicts = [
      'http://localhost:1',
      'http://127.9.9.9',
      'http://[::1]:3',
      'http://10.0.0.1',
      'http://127.0.0.1.evil.example',
    ];
    assert.deepEqual(verdicts.map(isLoopback), [true, true, true, false, false]);
  });

  it('gives every item every payment method in turn', () => {
    const mix = { skus: ['a', 'b'], methods: ['pm_x', 'pm_y'], quantity: 1, currency: 'EUR' };
    const pairs = [0, 1, 2, 3]
      .map((index) => orderOf(mix, index))
      .map(({ lines, payment }) => `${lines[0]?.sku} ${payment.method}`);
    assert.deepEqual(pairs.toSorted(), ['a pm_x', 'a pm_y', 'b pm_x', 'b pm_y']);
    assert.equal(HUNDRED_SKUS.length, 100);
    assert.equal(HUNDRED_SKUS[0], 'item-001');
    assert.equal(HUNDRED_SKUS[99], 'item-100');
  });
});
