import assert from 'node:assert/strict';
import { invoke, start } from '../../support/cli/invoke.ts';
import { orderEvent, ShopServer } from '../../support/cli/shop-server.ts';

describe('watch', () => {
  let shop: ShopServer;
  beforeEach(async () => {
    shop = await new ShopServer().start();
  });
  afterEach(() => shop.stop());

  describe('of one order', () => {
    const sequences = (out: string): number[] =>
      out
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { sequence: number }).sequence);

    it('prints each event on a line, and ends when the order is paid', async () => {
      const { orderId } = shop.add('placed');
      shop.streams = [[orderEvent(1, 'placed'), orderEvent(2, 'reserved'), orderEvent(3, 'paid')]];
      const { exitCode, out } = await invoke(['watch', orderId, '--url', shop.url]);
      assert.equal(exitCode, 0);
      assert.match(out, /^\S+ {4}1 {2}placed\n\S+ {4}2 {2}reserved\n\S+ {4}3 {2}paid\n$/);
    });

    it('connects again after a lost connection, and prints no event twice', async () => {
      const { orderId } = shop.add('placed');
      const [placed, reserved, paid] = [
        orderEvent(1, 'placed'),
        orderEvent(2, 'reserved'),
        orderEvent(3, 'paid'),
      ];
      shop.streams = [
        [placed, reserved],
        [reserved, paid],
      ];
      const { exitCode, out, err } = await invoke(['watch', orderId, '--url', shop.url, '--json']);
      assert.equal(exitCode, 0);
      assert.deepEqual(sequences(out), [1, 2, 3]);
      assert.deepEqual(
        shop.received.map(({ headers }) => headers['last-event-id']),
        [undefined, '2'],
      );
      assert.equal(err, 'The connection was lost. Connecting again.\n');
    });

    it('goes on after a restart of the server', async () => {
      const { orderId } = shop.add('placed');
      shop.streams = [[orderEvent(1, 'placed')]];
      const watching = start(['watch', orderId, '--url', shop.url, '--json']);
      await watching.printed('\n');
      const { port } = shop;
      await shop.stop();
      await watching.printedError('again');
      shop = await new ShopServer().start(port);
      shop.add('placed');
      shop.streams = [[orderEvent(2, 'expired')]];
      assert.equal(await watching.exitCode, 0);
      assert.deepEqual(sequences(watching.out()), [1, 2]);
    });

    it('with --follow goes on after the payment', async () => {
      const { orderId } = shop.add('placed');
      shop.streams = [[orderEvent(1, 'paid'), orderEvent(2, 'shipped'), orderEvent(3, 'refunded')]];
      const { out } = await invoke(['watch', orderId, '--follow', '--json', '--url', shop.url]);
      assert.deepEqual(sequences(out), [1, 2, 3]);
    });

    it('ends when the server has no more events', async () => {
      const { orderId } = shop.add('placed');
      shop.streams = [[orderEvent(1, 'placed')]];
      const watching = start(['watch', orderId, '--url', shop.url, '--json']);
      await watching.printed('\n');
      const { port } = shop;
      await shop.stop();
      shop = await new ShopServer().start(port);
      shop.add('paid');
      assert.equal(await watching.exitCode, 0);
      assert.deepEqual(sequences(watching.out()), [1]);
    });

    it('fails at once for an unknown order', async () => {
      const { exitCode, err } = await invoke(['watch', 'nope', '--url', shop.url]);
      assert.equal(exitCode, 1);
      assert.equal(err, 'order_not_found: There is no such order\n');
    });

    it('ends with Ctrl-C', async () => {
      const { orderId } = shop.add('placed');
      shop.streams = [[orderEvent(1, 'placed')]];
      const watching = start(['watch', orderId, '--url', shop.url]);
      await watching.printed('placed');
      watching.interrupt();
      assert.equal(await watching.exitCode, 0);
      assert.equal(watching.err(), '');
    });
  });

  describe('of all orders', () => {
    it('prints each order when it is new or has changed, and the figures', async () => {
      const { orderId } = shop.add('placed');
      const watching = start(['watch', '--every', '10ms', '--url', shop.url]);
      await watching.printed('12.5 orders/s');
      shop.add('paid');
      await watching.printed('ord_2  paid');
      const first = shop.orders.get(orderId);
      assert.ok(first);
      shop.orders.set(orderId, { ...first, status: 'paid' });
      await watching.printed('ord_1  paid');
      watching.interrupt();
      assert.equal(await watching.exitCode, 0);
      assert.deepEqual(watching.out().match(/ord_\d {2}\w+/g), [
        'ord_1  placed',
        'ord_2  paid',
        'ord_1  paid',
      ]);
    });

    it('waits while the server restarts', async () => {
      shop.add('placed');
      const watching = start(['watch', '--every', '10ms', '--url', shop.url]);
      await watching.printed('ord_1');
      const { port } = shop;
      await shop.stop();
      await watching.printedError('again');
      shop = await new ShopServer().start(port);
      shop.add('placed');
      shop.add('paid');
      await watching.printed('ord_2  paid');
      watching.interrupt();
      assert.equal(await watching.exitCode, 0);
    });
  });
});
