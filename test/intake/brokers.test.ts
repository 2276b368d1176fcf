import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { curveKeyPair } from 'zeromq';
import { openKafka } from '../../src/adapters/kafka/broker.ts';
import { openRabbitMq } from '../../src/adapters/rabbitmq/broker.ts';
import { openZeroMq } from '../../src/adapters/zeromq/broker.ts';
import type { Broker } from '../../src/contracts/ports/broker.ts';
import { cloudEventKey, DEAD_CHANNEL } from '../../src/contracts/messages.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf } from '../support/api/requests.ts';
import { committedInKafka, deadInKafka, kafkaClient } from '../../harness/brokers/kafka-client.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { event, PLACE, raw, type Sender } from '../../harness/brokers/message.ts';
import { rabbitMqClient, type RabbitMqClient } from '../../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import type { BrokerServer } from '../../harness/brokers/server.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { orderRequest } from '../../harness/orders.ts';
import { CLIENT, openTestIntake, type TestIntake } from '../support/intake/stage.ts';

const replay = () => Promise.resolve({ events: [], cursor: '', more: false });

describe('orders by message', function () {
  this.timeout(180_000);
  let stage: Stage;
  const closers: (() => Promise<unknown>)[] = [];

  before(async () => {
    stage = await openWorkingStage();
  });
  after(async () => {
    await stage.close();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function waitForStatus(key: string, status: string): Promise<void> {
    const url = `/v1/orders/${orderIdOf(CLIENT, key)}`;
    await waitUntilPasses(async () => {
      assert.equal(orderOf(await stage.app.inject(getting(url))).status, status);
    }, 30_000);
  }

  async function startIntakeOn(...brokers: Broker[]): Promise<TestIntake> {
    const intake = await openTestIntake(stage, brokers);
    closers.push(() => intake.stop());
    return intake;
  }

  /** Starts an intake of commands of ZeroMQ; returns its address for clients. */
  const startZeroMqIntake = (urlOf = (port: number) => `tcp://127.0.0.1:${port}`): Promise<string> =>
    startOnFreePorts(['commands'], async ({ commands: port }) => {
      await startIntakeOn(await openZeroMq({ commands: urlOf(port), replay, logger }));
      return `tcp://127.0.0.1:${port}`;
    });

  function closeLater<T extends Sender>(sender: T): T {
    closers.push(() => sender.close());
    return sender;
  }

  const waitingLetters = (intake: TestIntake) =>
    intake.deadLetters.list({ state: 'waiting' }, { order: 'newest', limit: 100 });

  /** Sends an order in each form that every broker accepts; returns the keys of the messages. */
  async function sendAllForms(sender: Sender, binary: string): Promise<string[]> {
    const structured = event(PLACE, orderRequest());
    const inBinaryMode = randomUUID();
    const plain = randomUUID();
    const body = JSON.stringify(orderRequest());
    await sender.send(structured);
    await sender.send(
      raw(body, {
        headers: {
          [`${binary}specversion`]: '1.0',
          [`${binary}id`]: inBinaryMode,
          [`${binary}source`]: '/shop',
          [`${binary}type`]: PLACE,
        },
      }),
    );
    await sender.send(raw(body, { id: plain, type: 'order.place' }));
    return [structured.key, cloudEventKey('/shop', inBinaryMode), plain];
  }

  describe('with RabbitMQ', () => {
    let server: BrokerServer;
    let client: RabbitMqClient;

    before(async function () {
      server = await startRabbitMq();
    });
    after(() => server.stop());
    beforeEach(async () => {
      client = closeLater(await rabbitMqClient(server.url));
    });

    it('are placed, in CloudEvents of both modes and as plain JSON', async () => {
      await startIntakeOn(await openRabbitMq({ url: server.url, logger }));
      for (const key of await sendAllForms(client, 'cloudEvents:')) await waitForStatus(key, 'paid');
    });

    it('are answered if the message asks for a reply', async () => {
      await startIntakeOn(await openRabbitMq({ url: server.url, logger }));
      const message = event(PLACE, orderRequest());
      const orderId = orderIdOf(CLIENT, message.key);
      assert.deepEqual(await client.ask(message), {
        id: message.eventId,
        result: 'done',
        orderId,
        status: 'placed',
      });
    });

    it('are placed behind a poison message, which is in the dead queue once with its original bytes', async () => {
      const intake = await startIntakeOn(await openRabbitMq({ url: server.url, logger }));
      const before = (await waitingLetters(intake)).length;
      const poison = raw('{"a": 1.0, "a": 2}', { id: randomUUID(), type: PLACE });
      const good = event(PLACE, orderRequest());
      for (const message of [poison, good, poison]) await client.send(message);
      await waitForStatus(good.key, 'paid');
      const dead = await waitUntilPasses(async () => {
        const [first] = await client.drain(DEAD_CHANNEL);
        assert.ok(first);
        return first;
      });
      assert.deepEqual(dead.body, poison.body);
      assert.equal(dead.headers['dead-letter-reason'], 'invalid_request');
      assert.equal(dead.headers['original-id'], poison.id);
      await waitUntilPasses(async () => {
        const [letter] = await waitingLetters(intake);
        assert.equal(letter?.arrivals, 2);
      });
      assert.equal((await waitingLetters(intake)).length, before + 1);
      assert.deepEqual(await client.drain(DEAD_CHANNEL), [], 'the dead queue has the message once');
    });

    it('that were sent while no intake ran, or before RabbitMQ was killed, are not lost', async () => {
      const first = event(PLACE, orderRequest());
      await client.send(first);
      const intake = await openTestIntake(stage, [await openRabbitMq({ url: server.url, logger })]);
      await waitForStatus(first.key, 'paid');
      await intake.stop();
      const second = event(PLACE, orderRequest());
      await client.send(second);
      await server.kill();
      await startIntakeOn(await openRabbitMq({ url: server.url, logger }));
      await server.start();
      await waitForStatus(second.key, 'paid');
      const third = event(PLACE, orderRequest());
      await client.send(third);
      await waitForStatus(third.key, 'paid');
    });
  });

  describe('with Kafka', () => {
    let server: BrokerServer;
    let client: Sender;

    before(async function () {
      server = await startKafka();
      // The intake creates the topics.
      const intake = await openTestIntake(stage, [openKafka({ brokers: server.url, logger })]);
      client = kafkaClient(server.url);
      const message = event(PLACE, orderRequest());
      await client.send(message);
      await waitForStatus(message.key, 'paid');
      await intake.stop();
    });
    after(async () => {
      await client.close();
      await server.stop();
    });

    it('are placed, in CloudEvents of both modes and as plain JSON', async () => {
      await startIntakeOn(openKafka({ brokers: server.url, logger }));
      for (const key of await sendAllForms(client, 'ce_')) await waitForStatus(key, 'paid');
    });

    it('are placed behind a poison message, which is in the dead topic once with its original bytes', async () => {
      const intake = await startIntakeOn(openKafka({ brokers: server.url, logger }));
      const before = (await waitingLetters(intake)).length;
      const poison = raw('{"a": 1.0, "a": 2}', { id: randomUUID(), type: PLACE });
      const good = event(PLACE, orderRequest());
      for (const message of [poison, good, poison]) await client.send(message);
      await waitForStatus(good.key, 'paid');
      const [dead] = await deadInKafka(server.url, 1);
      assert.deepEqual(dead?.body, poison.body);
      assert.equal((await waitingLetters(intake)).length, before + 1);
    });

    it('are shared by two processes, and none is lost when one of them stops', async () => {
      const one = await openTestIntake(stage, [openKafka({ brokers: server.url, logger })]);
      await startIntakeOn(openKafka({ brokers: server.url, logger }));
      const messages = Array.from({ length: 40 }, () => event(PLACE, orderRequest()));
      const half = messages.length / 2;
      for (const message of messages.slice(0, half)) await client.send(message);
      await one.stop();
      for (const message of messages.slice(half)) await client.send(message);
      await Promise.all(messages.map(({ key }) => waitForStatus(key, 'paid')));
    });

    it('that were sent before Kafka was killed are not lost', async () => {
      await startIntakeOn(openKafka({ brokers: server.url, logger }));
      const first = event(PLACE, orderRequest());
      await client.send(first);
      await server.kill();
      await server.start();
      await waitForStatus(first.key, 'paid');
      const second = event(PLACE, orderRequest());
      await client.send(second);
      await waitForStatus(second.key, 'paid');
    });
  });

  describe('with ZeroMQ', () => {
    it('are answered when they are durable or refused', async () => {
      const client = closeLater(zeroMqClient(await startZeroMqIntake()));
      const good = event(PLACE, orderRequest());
      const [answer, refusal] = await Promise.all([
        client.send(good),
        client.send(event(PLACE, { ...orderRequest(), price: 1 })),
      ]);
      assert.equal(answer.result === 'done' && answer.orderId, orderIdOf(CLIENT, good.key));
      assert.equal(refusal.result === 'dead' && refusal.code, 'invalid_request');
      await waitForStatus(good.key, 'paid');
    });

    it('are sent again by the client until the intake answers', async () => {
      const answer = await startOnFreePorts(['commands'], async ({ commands: port }) => {
        const commands = `tcp://127.0.0.1:${port}`;
        const client = closeLater(zeroMqClient(commands));
        const sent = client.send(event(PLACE, orderRequest()));
        await startIntakeOn(await openZeroMq({ commands, replay, logger }));
        return sent;
      });
      assert.equal(answer.result, 'done');
    });

    it('are accepted only from clients that know the password', async () => {
      const address = await startZeroMqIntake((port) => `tcp://shop:secret@127.0.0.1:${port}`);
      const unknownClient = closeLater(
        zeroMqClient(address, { plainUsername: 'shop', plainPassword: 'guess' }),
      );
      const knownClient = closeLater(
        zeroMqClient(address, { plainUsername: 'shop', plainPassword: 'secret' }),
      );
      const refused = event(PLACE, orderRequest());
      void unknownClient.send(refused);
      const message = event(PLACE, orderRequest());
      assert.equal((await knownClient.send(message)).result, 'done');
      const url = `/v1/orders/${orderIdOf(CLIENT, refused.key)}`;
      assert.equal((await stage.app.inject(getting(url))).statusCode, 404);
    });

    it('are accepted, encrypted, only from clients whose key is known', async () => {
      const [shop, known, unknown] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
      const keys = `curveSecretKey=${encodeURIComponent(shop.secretKey)}&curveClient=${encodeURIComponent(known.publicKey)}`;
      const address = await startZeroMqIntake((port) => `tcp://127.0.0.1:${port}?${keys}`);
      const as = ({ publicKey, secretKey }: typeof known) =>
        closeLater(
          zeroMqClient(address, {
            curvePublicKey: publicKey,
            curveSecretKey: secretKey,
            curveServerKey: shop.publicKey,
          }),
        );
      const refused = event(PLACE, orderRequest());
      void as(unknown).send(refused);
      assert.equal((await as(known).send(event(PLACE, orderRequest()))).result, 'done');
      const url = `/v1/orders/${orderIdOf(CLIENT, refused.key)}`;
      assert.equal((await stage.app.inject(getting(url))).statusCode, 404);
    });
  });

  it('with one source and id, sent by every broker, are one order', async function () {
    const rabbit = await startRabbitMq();
    closers.push(() => rabbit.stop());
    const kafka = await startKafka();
    closers.push(() => kafka.stop());
    const { intake, commands } = await startOnFreePorts(['zeroMq'], async ({ zeroMq: port }) => {
      const address = `tcp://127.0.0.1:${port}`;
      const started = await startIntakeOn(
        await openRabbitMq({ url: rabbit.url, logger }),
        openKafka({ brokers: kafka.url, logger }),
        await openZeroMq({ commands: address, replay, logger }),
      );
      return { intake: started, commands: address };
    });
    const message = event(PLACE, orderRequest());
    const orderId = orderIdOf(CLIENT, message.key);
    const rabbitClient = closeLater(await rabbitMqClient(rabbit.url));
    const [byRabbit, byZeroMq] = await Promise.all([
      rabbitClient.ask(message),
      closeLater(zeroMqClient(commands)).send(message),
      closeLater(kafkaClient(kafka.url)).send(message),
    ]);
    for (const answer of [byRabbit, byZeroMq]) {
      assert.equal(Reflect.get(answer as object, 'result'), 'done');
      assert.equal(Reflect.get(answer as object, 'orderId'), orderId);
    }
    await waitUntilPasses(async () => {
      assert.equal(await committedInKafka(kafka.url), 1, 'the offset in Kafka is committed');
    }, 60_000);
    await waitForStatus(message.key, 'paid');
    const { rows } = await stage.shop.pool.query('select 1 from orders where order_id = $1', [orderId]);
    assert.equal(rows.length, 1);
    assert.equal(
      (await waitingLetters(intake)).filter(({ messageId }) => messageId === message.eventId).length,
      0,
    );
  });
});
