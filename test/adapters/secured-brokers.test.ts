import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { curveKeyPair, Subscriber, type SocketOptions } from 'zeromq';
import { openKafka } from '../../src/adapters/kafka/broker.ts';
import { openRabbitMq } from '../../src/adapters/rabbitmq/broker.ts';
import { openZeroMq } from '../../src/adapters/zeromq/broker.ts';
import { openZeroMqPublisher } from '../../src/adapters/zeromq/publisher.ts';
import type { Broker, OutboundMessage } from '../../src/contracts/ports/broker.ts';
import type { EventDestination } from '../../src/contracts/ports/event-destination.ts';
import { COMMANDS_CHANNEL } from '../../src/contracts/messages.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { makeSecured, type Secured } from '../../harness/brokers/certificates.ts';
import { startSecuredKafka } from '../../harness/brokers/kafka.ts';
import { startSecuredRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import type { BrokerServer } from '../../harness/brokers/server.ts';
import { testLogger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

const logger = testLogger.child({}, { level: 'silent' });

describe('a broker with TLS and a password', function () {
  this.timeout(120_000);
  let secured: Secured;
  const closers: (() => unknown)[] = [];

  before(async function () {
    secured = await makeSecured();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  function closing(broker: Broker): Broker {
    closers.push(async () => {
      await broker.pause();
      await broker.close();
    });
    return broker;
  }

  const message = (): OutboundMessage => ({
    channel: COMMANDS_CHANNEL,
    id: randomUUID(),
    type: 'com.durable-checkout.order.place.v1',
    key: 'a',
    contentType: 'application/json',
    headers: {},
    body: Buffer.from('{}'),
  });

  /** Checks that a message that is published there is delivered. */
  async function works(opened: Broker): Promise<void> {
    const broker = closing(opened);
    const came = new Set<string | undefined>();
    await broker.consume(({ id }) => {
      came.add(id);
      return Promise.resolve({ result: 'done' });
    }, 10);
    const sent = message();
    await waitUntilPasses(() => broker.publish?.([sent]), 30_000);
    await waitUntilPasses(() => {
      assert.ok(came.has(sent.id), 'it has not come');
    }, 30_000);
  }

  async function isRefused(opened: Broker): Promise<void> {
    await assert.rejects(async () => closing(opened).publish?.([message()]));
  }

  describe('of RabbitMQ', () => {
    let server: BrokerServer;
    const open = (url: string) => openRabbitMq({ url, logger });

    before(async function () {
      server = await startSecuredRabbitMq(secured);
    });
    after(() => server.stop());

    it('is used with the certificate authority and the credentials of its URL', async () => {
      assert.match(server.url, /^amqps:\/\/shop:p%3Ass%2Fw%40rd@127\.0\.0\.1:\d+\?ca=/);
      await works(await open(server.url));
    });

    it('is not trusted without its authority', async () => {
      await isRefused(await open(server.url.replace(/\?ca=.*/, '')));
    });

    it('takes no other password', async () => {
      await isRefused(await open(server.url.replace('p%3Ass', 'p%3Asx')));
    });
  });

  describe('of Kafka', () => {
    let server: BrokerServer;
    const open = (brokers: string) => openKafka({ brokers, logger });

    before(async function () {
      server = await startSecuredKafka(secured);
    });
    after(() => server.stop());

    for (const mechanism of ['SCRAM-SHA-512', 'PLAIN'])
      it(`is used with the certificate authority and the credentials of its URL, by ${mechanism}`, async () => {
        assert.match(server.url, /^kafkas:\/\/shop:p%3Ass%2Fw%40rd@127\.0\.0\.1:\d+\?.*ca=/);
        await works(open(server.url.replace('SCRAM-SHA-512', mechanism)));
      });

    it('is not trusted without its authority', async () => {
      await isRefused(open(server.url.replace(/&ca=.*/, '')));
    });

    it('takes no other password', async () => {
      await isRefused(open(server.url.replace('p%3Ass', 'p%3Asx')));
    });
  });
});

describe('the events of ZeroMQ', function () {
  this.timeout(30_000);
  const closers: (() => unknown)[] = [];

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  const openPublisher = (
    urlOf: (port: number) => string,
  ): Promise<{ publisher: EventDestination; address: string }> =>
    startOnFreePorts(['events'], async ({ events: port }) => {
      const publisher = await openZeroMqPublisher({ events: urlOf(port), logger });
      closers.push(() => publisher.close());
      return { publisher, address: `tcp://127.0.0.1:${port}` };
    });

  function subscribe(address: string, options: SocketOptions<Subscriber>): { count: number } {
    const socket = new Subscriber({ linger: 0, ...options });
    const received = { count: 0 };
    closers.push(() => {
      socket.close();
    });
    socket.connect(address);
    socket.subscribe();
    void (async () => {
      for await (const frames of socket) received.count += frames.length > 0 ? 1 : 0;
    })();
    return received;
  }

  /** Publishes events until the known client has received some. The unknown client, which connected first, must not receive any. */
  async function isReceivedOnlyBy(
    known: { count: number },
    unknown: { count: number },
    publisher: EventDestination,
  ): Promise<void> {
    await waitUntilPasses(async () => {
      await publisher.deliver([
        {
          cursor: '1.1',
          orderId: 'ord_1',
          sequence: 1,
          type: 'com.durable-checkout.order.placed.v1',
          data: {},
          occurredAt: new Date(),
        },
      ]);
      assert.ok(known.count >= 20, 'the known client has not received enough events');
    });
    assert.equal(unknown.count, 0);
  }

  it('are sent only to clients with the password, whatever other endpoints are opened and closed', async () => {
    const replay = () => Promise.resolve({ events: [], cursor: '', more: false });
    const router = await openZeroMq({ commands: 'tcp://me:you@127.0.0.1:*', replay, logger });
    const { publisher, address } = await openPublisher((port) => `tcp://shop:p%3Ass@127.0.0.1:${port}`);
    await router.close();
    const as = (plainPassword: string) => subscribe(address, { plainUsername: 'shop', plainPassword });
    const [wrongPassword, noPassword] = [as('guess'), subscribe(address, {})];
    await isReceivedOnlyBy(as('p:ss'), wrongPassword, publisher);
    assert.equal(noPassword.count, 0);
  });

  it('are sent encrypted, and only to clients with a known key', async () => {
    const [shop, known, unknown] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
    const keys = `curveSecretKey=${encodeURIComponent(shop.secretKey)}&curveClient=${encodeURIComponent(known.publicKey)}`;
    const { publisher, address } = await openPublisher((port) => `tcp://127.0.0.1:${port}?${keys}`);
    const as = ({ publicKey, secretKey }: typeof known) =>
      subscribe(address, {
        curvePublicKey: publicKey,
        curveSecretKey: secretKey,
        curveServerKey: shop.publicKey,
      });
    const unknownClient = as(unknown);
    await isReceivedOnlyBy(as(known), unknownClient, publisher);
  });
});
