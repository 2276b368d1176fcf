import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import type { BrokerAddresses } from '../../src/adapters/brokers/brokers.ts';
import { openZeroMq } from '../../src/adapters/zeromq/broker.ts';
import { COMMANDS_CHANNEL } from '../../src/contracts/messages.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { createReplayEvents } from '../../src/relay/replay-feed.ts';
import type { MailRecord } from '../../sandbox/smtp/mailbox.ts';
import { SmtpReceiver } from '../../sandbox/smtp/server.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { rabbitMqClient } from '../../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { temporaryFolder, testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { checkoutOrder, line, orderRequest } from '../../harness/orders.ts';
import { openShop, type Shop } from '../support/postgres.ts';
import { relayTo, relayToZeroMq } from '../support/relay.ts';
import { numberIn, pythonWithPackages, startBoard, startExample, type Example } from '../support/python.ts';

describe('the Python examples', function () {
  this.timeout(180_000);
  let shop: Shop;
  let packages: string;
  const closers: (() => unknown)[] = [];

  before(async function () {
    packages = await pythonWithPackages();
    shop = await openShop();
  });
  after(() => shop.close());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function run(file: string, folder: string, env: Record<string, string>): Example {
    const example = startExample(file, packages, folder, env);
    closers.push(() => example.kill('SIGKILL'));
    return example;
  }

  function bringTo(addresses: Partial<BrokerAddresses>): void {
    const relay = relayTo(addresses, shop.url);
    closers.push(() => relay.stop());
  }

  async function pay(sku: string, quantity: number): Promise<string> {
    const order = checkoutOrder({ lines: [line(sku, quantity)] });
    const { orderId } = order;
    await shop.ledger.reserveStock([order]);
    await shop.ledger.confirmOrder([
      {
        orderId,
        payment: { attempt: 1, status: 'succeeded', captured: 1_000, paymentIntentId: `pi_${orderId}` },
      },
    ]);
    return orderId;
  }

  it('storefront.py sends each order until RabbitMQ has confirmed it, although RabbitMQ is killed', async function () {
    const server = await startRabbitMq();
    closers.push(() => server.stop());
    const client = await rabbitMqClient(server.url);
    closers.push(() => client.close());
    const storefront = run('storefront.py', temporaryFolder(), { AMQP_URL: server.url });
    const ids = Array.from({ length: 40 }, (_, n) => `order-${n}`);
    const write = (some: string[]): void => {
      for (const id of some)
        storefront.process.stdin?.write(`${JSON.stringify({ id, order: orderRequest() })}\n`);
    };
    write(ids.slice(0, 20));
    await waitUntilPasses(() => {
      assert.equal(storefront.lines.length, 20);
    });
    await server.kill();
    write(ids.slice(20));
    storefront.process.stdin?.end();
    await server.start();
    await waitUntilPasses(() => {
      assert.deepEqual(storefront.lines, ids);
    }, 60_000);
    assert.deepEqual(new Set((await client.drain(COMMANDS_CHANNEL)).map(({ id }) => id)), new Set(ids));
  });

  async function cancel(orderId: string): Promise<void> {
    await shop.ledger.beginCancellation([{ orderId, reason: 'changed my mind' }]);
    await shop.ledger.finishCancellation([{ orderId, reason: 'changed my mind', refund: 'succeeded' }]);
  }

  it('stock_mirror.py counts each sale once, and a cancelled one no more, although it is killed', async function () {
    const server = await startRabbitMq();
    closers.push(() => server.stop());
    const folder = temporaryFolder();
    const start = () => run('stock_mirror.py', folder, { AMQP_URL: server.url });
    const first = start();
    await waitUntilPasses(() => {
      assert.deepEqual(first.lines, ['following']);
    }, 60_000);
    bringTo({ amqpUrl: server.url });
    const sku = await shop.item(100);
    for (let n = 0; n < 5; n += 1) await pay(sku, 2);
    const cancelled = await pay(sku, 3);
    await first.kill('SIGKILL');
    for (let n = 0; n < 5; n += 1) await pay(sku, 1);
    await cancel(cancelled);
    const last = await shop.item(100);
    await pay(last, 1);
    start();
    const sold = (item: string) =>
      numberIn(folder, 'stock.sqlite', 'select quantity from sold where sku = ?', item);
    // The relay publishes events in the order of their transactions, so that the cancellation has arrived before this one.
    await waitUntilPasses(async () => {
      assert.equal(await sold(last), 1);
    }, 60_000);
    assert.equal(await sold(sku), 15);
  });

  it('mailer.py sends one mail for each paid order, although it is killed', async function () {
    const server = await startKafka();
    closers.push(() => server.stop());
    bringTo({ kafkaBrokers: server.url });
    const mails: MailRecord[] = [];
    const store = (mail: MailRecord): Promise<void> => {
      mails.push(mail);
      return Promise.resolve();
    };
    const smtp = new SmtpReceiver({ host: '127.0.0.1', port: 0, logger, store });
    const port = await smtp.listen();
    closers.push(() => smtp.close());
    const folder = temporaryFolder();
    const start = () => run('mailer.py', folder, { KAFKA_BROKERS: server.url, SMTP_PORT: String(port) });
    const first = start();
    const sku = await shop.item(100);
    const before = await pay(sku, 1);
    const mailed = () => mails.map(({ raw }) => /Order (\S+) is paid/.exec(raw)?.[1]);
    // It is killed after it has recorded the mails. Before that it would send one again, which SMTP cannot prevent.
    await waitUntilPasses(() => {
      assert.ok(
        first.lines.some((id) => id.startsWith(before)),
        'no mail yet',
      );
    }, 60_000);
    await first.kill('SIGKILL');
    const after = await pay(sku, 1);
    start();
    await waitUntilPasses(() => {
      assert.ok(mailed().includes(after), 'no mail yet');
    }, 60_000);
    for (const orderId of [before, after])
      assert.equal(mailed().filter((each) => each === orderId).length, 1, orderId);
  });

  it('live_board.py asks for the events that it missed, and accepts only signed webhooks', async () => {
    const commands = await startOnFreePorts(['commands'], async ({ commands: port }) => {
      const address = `tcp://127.0.0.1:${port}`;
      const router = await openZeroMq({ commands: address, replay: createReplayEvents(shop.pool), logger });
      closers.push(() => router.close());
      await router.consume(() => Promise.reject(new Error('no commands here')), 10);
      return address;
    });
    const { relay, events } = await relayToZeroMq({}, shop.url);
    closers.push(() => relay.stop());
    const sku = await shop.item(100);
    const missed = await pay(sku, 1);
    const secret = randomBytes(24);
    const { board, url } = await startBoard(packages, temporaryFolder(), {
      ...{ ZEROMQ_EVENTS: events, ZEROMQ_COMMANDS: commands },
      WEBHOOK_SECRET: `whsec_${secret.toString('base64')}`,
    });
    closers.push(() => board.kill('SIGKILL'));
    const shows = (orderId: string, status: string) =>
      waitUntilPasses(async () => {
        const answer = await fetch(`${url}/orders/${orderId}`);
        const { status: shown } = (await answer.json()) as { status?: string };
        assert.equal(shown, status);
      }, 60_000);
    await shows(missed, 'paid');
    await shows(await pay(sku, 1), 'paid');

    const event = { id: 'ord_hook/1', subject: 'ord_hook', sequence: 1, data: { status: 'placed' } };
    const body = JSON.stringify(event);
    const post = async (key: Buffer): Promise<number> => {
      const timestamp = String(Math.floor(Date.now() / 1_000));
      const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.${body}`).digest('base64');
      const { status } = await fetch(`${url}/webhook`, {
        method: 'POST',
        body,
        headers: {
          ...{ 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp },
          'webhook-signature': `v1,${signature}`,
        },
      });
      return status;
    };
    assert.equal(await post(randomBytes(24)), 400);
    assert.equal(await post(secret), 204);
    assert.equal(await post(secret), 204, 'again');
    await shows('ord_hook', 'placed');
  });
});
