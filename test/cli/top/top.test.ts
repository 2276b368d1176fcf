import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { ApiClient } from '../../../harness/api/api-client.ts';
import { invoke, start } from '../../support/cli/invoke.ts';
import { API_KEY, ShopServer } from '../../support/cli/shop-server.ts';
import { wellStats } from '../../support/cli/live-figures.ts';

const ENTER = '\x1b[?1049h';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

describe('top', () => {
  let shop: ShopServer;
  beforeEach(async () => {
    shop = await new ShopServer().start();
    shop.live.orders = [
      { orderId: 'ord_1', status: 'paid', total: 2_400, currency: 'EUR', updatedAt: '2026-11-28T14:02:10Z' },
    ];
  });
  afterEach(() => shop.stop());
  const top = (...args: string[]) => ['top', '--url', shop.url, ...args];

  it('prints one picture, plain, where the output is no terminal', async () => {
    const { exitCode, out, err } = await invoke(top());
    assert.equal(exitCode, 0);
    assert.equal(err, '');
    assert.match(out, /^Selling normally\. Nothing needs you\.\n/);
    assert.match(out, /ord_1 +24\.00 EUR {2}paid/);
    assert.ok(!out.includes('\x1b'));
  });

  it('with --json --once prints one document, with times as the API writes them', async () => {
    const { exitCode, out } = await invoke(top('--json', '--once'));
    assert.equal(exitCode, 0);
    const { at, stats, queues, checks, orders, rates } = JSON.parse(out) as Record<string, unknown>;
    assert.match(String(at), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(stats, wellStats());
    assert.deepEqual(queues, []);
    assert.deepEqual(checks, shop.live.checks);
    assert.deepEqual(orders, shop.live.orders);
    assert.ok(Array.isArray(rates) && rates.length > 1);
  });

  it('with --json prints a line for each change', async () => {
    const running = start(top('--json'));
    await running.printed('\n');
    shop.live.stats = wellStats({ backlog: 99 });
    shop.live.send();
    await running.printed('"backlog":99');
    running.interrupt();
    assert.equal(await running.exitCode, 0);
    for (const line of running.out().trim().split('\n')) JSON.parse(line);
  });

  it('lists an order that changes once, with its new status, before the ones that are older', async () => {
    const [first] = shop.live.orders;
    assert.ok(first);
    const running = start(top('--json'));
    await running.printed('\n');
    shop.live.orders = [{ ...first, orderId: 'ord_2' }];
    shop.live.send();
    await running.printed('"ord_2"');
    shop.live.orders = [{ ...first, status: 'refunded' }];
    shop.live.send();
    await running.printed('"refunded"');
    running.interrupt();
    await running.exitCode;
    const { orders } = JSON.parse(running.out().trim().split('\n').at(-1) ?? '') as {
      orders: typeof shop.live.orders;
    };
    assert.deepEqual(
      orders.map(({ orderId, status }) => [orderId, status]),
      [
        ['ord_2', 'paid'],
        ['ord_1', 'refunded'],
      ],
    );
  });

  it('does not wait for ever for a server that sends no figures', async () => {
    shop.live.isSilent = true;
    const { showOnce } = await import('../../../src/cli/top/once.ts');
    const connection = { url: shop.url, apiKey: API_KEY };
    const signal = new AbortController().signal;
    const terminal = {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      env: {},
      interrupted: () => signal,
    };
    const context = { terminal, connection, api: new ApiClient(connection), json: false };
    await assert.rejects(showOnce(context, signal, 100), { code: 'no_figures' });
  });

  it('says what is down although /readyz answers 503', async () => {
    shop.live.checks = { postgres: 'unreachable', temporal: 'ok' };
    const { out } = await invoke(top('--once'));
    assert.match(out, /^PostgreSQL cannot be reached\./);
  });

  it('says what is paused, and does without where the server has no brakes', async () => {
    shop.live.brakes = [{ kind: 'intake', target: 'all' }];
    assert.match((await invoke(top('--once'))).out, /^All new orders are paused\./);
    shop.live.brakes = undefined;
    assert.match((await invoke(top('--once'))).out, /^Selling normally\./);
  });

  it('does without the orders where the key may not read them', async () => {
    shop.live.refuseOrders = 403;
    const { exitCode, out } = await invoke(top('--once'));
    assert.equal(exitCode, 0);
    assert.match(out, /the scope orders:read/);
  });

  it('fails with one line when nothing listens there', async () => {
    await shop.stop();
    const { exitCode, err } = await invoke(top());
    assert.equal(exitCode, 1);
    assert.match(err, /^Nothing listens at http:[^\n]+\n$/);
    shop = await new ShopServer().start();
  });

  describe('on a terminal', () => {
    const live = () => start(top(), {}, { columns: 80, rows: 24 });

    it('redraws in place, and q leaves the terminal as it was', async () => {
      const running = live();
      await running.printed('Selling normally.');
      shop.live.stats = wellStats({ responseTime: { ...wellStats().responseTime, p50: 3_000 } });
      shop.live.send();
      await running.printed('Selling slowly, half of the orders take more than 3 s.');
      assert.deepEqual(running.rawModes(), [true]);
      running.type('q');
      assert.equal(await running.exitCode, 0);
      assert.deepEqual(running.rawModes(), [true, false]);
      const out = running.out();
      assert.ok(out.startsWith(ENTER));
      assert.ok(out.endsWith(LEAVE));
      assert.ok(!out.includes('\x1b[2J'), 'a cleared screen flickers');
    });

    it('ends with Ctrl-C, as a key and as a signal', async () => {
      for (const interrupt of [
        (running: ReturnType<typeof live>) => {
          running.type('\x03');
        },
        (running: ReturnType<typeof live>) => {
          running.interrupt();
        },
      ]) {
        const running = live();
        await running.printed('Selling');
        interrupt(running);
        assert.equal(await running.exitCode, 0);
        assert.ok(running.out().endsWith(LEAVE));
      }
    });

    it('goes on counting while no new figures come', async () => {
      const oldestAt = new Date(Date.now() - 30_000).toISOString();
      shop.live.queues = [{ name: 'attention', group: 'need_you', count: 1, oldestAt }];
      const running = live();
      await running.printed('the oldest for 30 s');
      // A busy machine may miss a second.
      await Promise.race([31, 32, 33].map((age) => running.printed(`the oldest for ${age} s`)));
      running.type('q');
      assert.equal(await running.exitCode, 0);
    });

    it('is drawn anew for another size', async () => {
      const running = live();
      await running.printed('Selling');
      assert.ok(!running.out().includes('Paid, of those decided'));
      running.resize(140, 50);
      await running.printed('Paid, of those decided');
      running.type('q');
      await running.exitCode;
    });

    it('says that the feed is lost, and goes on when the server is back', async () => {
      const running = live();
      await running.printed('Selling normally.');
      const { port } = shop;
      await shop.stop();
      await running.printed('feed lost');
      shop = await new ShopServer().start(port);
      shop.live.stats = wellStats({ orders: { placed: 0, byStatus: {} }, backlog: 0 });
      await running.printed('No orders at the moment.');
      running.type('q');
      assert.equal(await running.exitCode, 0);
    });

    it('gives the terminal back when the key is refused later', async () => {
      const running = live();
      await running.printed('Selling normally.');
      shop.live.refuse = 401;
      shop.live.cut();
      assert.equal(await running.exitCode, 1);
      assert.ok(running.out().endsWith(LEAVE));
      assert.match(running.err(), /unauthorized/);
    });
  });
});
