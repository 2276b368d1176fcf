import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../harness/servers/test-servers.ts';
import { invoke } from '../support/cli/invoke.ts';
import { API_KEY, orderEvent, ShopServer } from '../support/cli/shop-server.ts';

describe('the commands', () => {
  let shop: ShopServer;
  const checkout = (...args: string[]) => invoke([...args, '--url', shop.url]);
  const checkoutJson = async (...args: string[]): Promise<unknown> => {
    const { exitCode, out, err } = await checkout(...args, '--json');
    assert.equal(err, '');
    assert.equal(exitCode, 0);
    return JSON.parse(out);
  };

  beforeEach(async () => {
    shop = await new ShopServer().start();
  });
  afterEach(() => shop.stop());

  describe('mail preview', () => {
    it('writes a page with every mail, as the shop is configured, without a running system', async () => {
      await shop.stop();
      const file = join(temporaryFolder(), 'mails.html');
      const { exitCode, out } = await invoke(['mail', 'preview', '--out', file], {
        SHOP_NAME: 'Harbour & Co',
      });
      assert.equal(exitCode, 0);
      assert.equal(out, `${file} shows the mails.\n`);
      const page = readFileSync(file, 'utf8');
      for (const part of [
        'Harbour &amp; Co',
        'Your parcel is on its way',
        'Ihr Paket ist unterwegs',
        '您的包裹已发出',
      ])
        assert.ok(page.includes(part), part);
    });

    it('says in one line where it cannot write', async () => {
      const { exitCode, err } = await invoke(['mail', 'preview', '--out', '/no/such/folder/mails.html']);
      assert.equal(exitCode, 1);
      assert.match(err, /^The page could not be written to \/no\/such\/folder\/mails\.html: [^\n]+\n$/);
    });
  });

  describe('place', () => {
    it('places the order that its options describe with a new key, and waits for the outcome', async () => {
      const { exitCode, out } = await checkout(
        ...['place', '--line', 'mug-01=2', '--line', 'print-01=1', '--email', 'bob@example.com'],
        ...['--name', 'Bob', '--expected-total', '6900', '--wait', '7'],
      );
      assert.equal(exitCode, 0);
      const [request] = shop.received;
      assert.deepEqual(request?.body, {
        customer: { email: 'bob@example.com', name: 'Bob' },
        currency: 'EUR',
        lines: [
          { sku: 'mug-01', quantity: 2 },
          { sku: 'print-01', quantity: 1 },
        ],
        payment: { method: 'pm_card_visa' },
        expectedTotal: 6900,
      });
      assert.equal(request.headers.prefer, 'wait=7');
      assert.match(String(request.headers['idempotency-key']), /^[0-9a-f-]{36}$/);
      assert.match(out, /status\s+paid/);
      assert.match(out, /total\s+24\.00 EUR/);
    });

    it('sends the goods to the address', async () => {
      const address = { name: 'Ada', line1: '1 High St', city: 'Berlin', postalCode: '10115', country: 'DE' };
      await checkoutJson('place', '--address', JSON.stringify(address));
      assert.deepEqual((shop.received[0]?.body as { shipping?: unknown }).shipping, address);
      const { exitCode, err } = await checkout('place', '--address', 'Berlin');
      assert.equal(exitCode, 1);
      assert.match(err, /--address <json>.*It must be JSON/);
    });

    it('places one order when it is repeated with the same key', async () => {
      const first = await checkoutJson('place', '--key', 'k-1');
      const second = await checkoutJson('place', '--key', 'k-1');
      assert.deepEqual(first, second);
      assert.equal(shop.orders.size, 1);
    });

    it('does not wait with --wait 0', async () => {
      const order = (await checkoutJson('place', '--wait', '0')) as { status: string };
      assert.equal(order.status, 'placed');
      assert.equal(shop.received[0]?.headers.prefer, undefined);
    });

    it('succeeds when the payment is declined', async () => {
      const { exitCode, out } = await checkout('place', '--method', 'pm_card_chargeDeclined');
      assert.equal(exitCode, 0);
      assert.match(out, /payment_failed/);
    });

    it('prints a refusal in one line, with the code and the field', async () => {
      const { exitCode, out, err } = await checkout('place', '--sku', 'nothing');
      assert.equal(exitCode, 1);
      assert.equal(out, '');
      assert.equal(err, 'unknown_sku: There is no such item (lines[0].sku: is not in the catalogue)\n');
    });
  });

  it('get shows an order, amounts in its currency', async () => {
    const { orderId } = shop.add('paid', { currency: 'JPY', total: 2400 });
    const { out } = await checkout('get', orderId);
    assert.match(out, /total\s+2400 JPY/);
    assert.match(out, /payment\s+succeeded with pm_card_visa, 2400 JPY captured/);
  });

  it('get of an unknown order prints one line and exits with 1', async () => {
    const { exitCode, err } = await checkout('get', 'nope');
    assert.equal(exitCode, 1);
    assert.equal(err, 'order_not_found: There is no such order\n');
  });

  it('errors are JSON too with --json', async () => {
    const { exitCode, out, err } = await checkout('get', 'nope', '--json');
    assert.equal(exitCode, 1);
    assert.equal(out, '');
    assert.deepEqual(JSON.parse(err), {
      error: { code: 'order_not_found', message: 'order_not_found: There is no such order' },
    });
  });

  it('list shows a page and how to get the next one; --all shows all pages', async () => {
    shop.pageSize = 2;
    for (let n = 0; n < 5; n += 1) shop.add('paid');
    const page = await checkout('list');
    assert.match(page.out, /^ord_5 .*\nord_4 /m);
    assert.doesNotMatch(page.out, /ord_3/);
    assert.equal(page.err, 'There are more: add --cursor 2, or --all\n');

    const all = (await checkoutJson('list', '--all')) as { data: { orderId: string }[]; nextCursor?: string };
    assert.deepEqual(
      all.data.map(({ orderId }) => orderId),
      ['ord_5', 'ord_4', 'ord_3', 'ord_2', 'ord_1'],
    );
    assert.equal(all.nextCursor, undefined);
  });

  it('list keeps its filter on every page', async () => {
    shop.pageSize = 2;
    for (let n = 0; n < 3; n += 1) shop.add('paid');
    shop.add('expired');
    const { data } = (await checkoutJson('list', '--all', '--status', 'paid')) as { data: unknown[] };
    assert.equal(data.length, 3);
    assert.ok(shop.received.every(({ path }) => path.includes('status=paid')));
  });

  it('cancel shows the outcome, and fails when it is too late', async () => {
    const { out } = await checkout('cancel', shop.add('placed').orderId, '--reason', 'changed my mind');
    assert.equal(out, 'ord_1 is cancelled.\n');
    assert.deepEqual(shop.received[0]?.body, { reason: 'changed my mind' });

    const { exitCode, err } = await checkout('cancel', shop.add('shipped').orderId);
    assert.equal(exitCode, 1);
    assert.equal(err, 'too_late: The order is shipped\n');
  });

  it('stock lists, shows and sets items', async () => {
    assert.match((await checkout('stock')).out, /mug-01\s+Mug\s+12\.00 EUR\s+1000\s+998\s+1\s+1\s+0\s+0\s+5/);
    assert.match((await checkout('stock', 'get', 'print-01')).out, /print-01[^]*default\s+1000\s+998/);
    const args = [
      'put',
      'new-01',
      '--title',
      'New',
      '--unit-price',
      '500',
      '--on-hand',
      '7',
      '--sequence',
      '3',
      '--location',
      'berlin',
    ];
    await checkoutJson('stock', ...args);
    assert.deepEqual(shop.received.at(-1)?.body, {
      title: 'New',
      unitPrice: 500,
      onHand: 7,
      currency: 'EUR',
      sequence: 3,
      location: 'berlin',
    });
  });

  it('locations lists, shows and sets locations', async () => {
    assert.match((await checkout('locations')).out, /default\s+Default location\s+0\s+yes/);
    assert.match((await checkout('locations', 'get', 'berlin')).out, /berlin/);
    await checkoutJson('locations', 'put', 'berlin', '--name', 'Berlin', '--priority', '5', '--inactive');
    assert.deepEqual(shop.received.at(-1)?.body, { name: 'Berlin', priority: 5, active: false });
  });

  it('stock put says when a newer report was received before', async () => {
    shop.applied = false;
    const args = [
      'put',
      'mug-01',
      '--title',
      'Mug',
      '--unit-price',
      '500',
      '--on-hand',
      '7',
      '--sequence',
      '1',
    ];
    const { exitCode, err } = await checkout('stock', ...args);
    assert.equal(exitCode, 0);
    assert.match(err, /Nothing was changed/);
  });

  it('events, mails and stats show what the API returns', async () => {
    const { orderId } = shop.add('paid');
    shop.streams = [[orderEvent(1, 'placed'), orderEvent(2, 'paid')]];
    assert.match((await checkout('events', orderId)).out, / 1 {2}placed\n.* 2 {2}paid\n$/);
    assert.match(
      (await checkout('mails', orderId)).out,
      new RegExp(`${orderId}\\s+paid\\s+sent\\s+1[^]*${orderId}\\s+shipped 2\\s+pending\\s+3`),
    );
    const { out } = await checkout(
      'mails',
      orderId,
      'resend',
      '--email',
      'new@example.com',
      '--kind',
      'paid',
    );
    assert.match(out, new RegExp(`${orderId}\\s+shipped 2\\s+pending`));
    assert.deepEqual(shop.resent, { email: 'new@example.com', kind: 'paid' });
    assert.match((await checkout('stats')).out, /throughput\s+12\.5 orders\/s[^]*notify\s+0\s+-\s+-/);
  });

  it('when no server runs they say in one line how to start it', async () => {
    await shop.stop();
    const { exitCode, err } = await checkout('list');
    assert.equal(exitCode, 1);
    assert.equal(
      err,
      `Nothing listens at ${shop.url}. Start the system with "npm start", or give the address of the API with --url.\n`,
    );
    shop = await new ShopServer().start(); // for afterEach
  });

  it('without a valid key they say how to give one', async () => {
    const { exitCode, err } = await invoke(['list', '--url', shop.url, '--api-key', 'wrong']);
    assert.equal(exitCode, 1);
    assert.equal(
      err,
      'unauthorized: A valid API key is required. Give one with --api-key or CHECKOUT_API_KEY.\n',
    );
  });

  it('an invalid option exits with 1, and nothing is sent', async () => {
    const { exitCode, err } = await checkout('place', '--quantity', 'two');
    assert.equal(exitCode, 1);
    assert.match(err, /--quantity <n>' argument 'two' is invalid. It must be a whole number, at least 1/);
    assert.equal(shop.received.length, 0);
  });

  it('take the address and the key from the environment', async () => {
    const env = { HOST: '127.0.0.1', PORT: String(shop.port), CHECKOUT_API_KEY: API_KEY };
    assert.equal((await invoke(['list'], env)).exitCode, 0);
    assert.equal((await invoke(['list'], { CHECKOUT_URL: shop.url })).exitCode, 0);
  });
});
