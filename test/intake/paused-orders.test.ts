import assert from 'node:assert/strict';
import { openKafka } from '../../src/adapters/kafka/broker.ts';
import { openBrakes, type BrakeWatch } from '../../src/adapters/postgres/brake-watch.ts';
import { createBrakeStore } from '../../src/adapters/postgres/brake-store.ts';
import { openRabbitMq } from '../../src/adapters/rabbitmq/broker.ts';
import { openZeroMq } from '../../src/adapters/zeromq/broker.ts';
import type { BrakeKind } from '../../src/contracts/brakes.ts';
import { Problem } from '../../src/contracts/errors.ts';
import type { Broker } from '../../src/contracts/ports/broker.ts';
import { MAX_HELD } from '../../src/intake/held-orders.ts';
import { orderIdOf } from '../../src/orders/order-id.ts';
import type { PlaceOrderCommand } from '../../src/orders/place-order.ts';
import { startOnFreePorts } from '../../dev/processes/free-ports.ts';
import { committedInKafka, kafkaClient } from '../../harness/brokers/kafka-client.ts';
import { startKafka } from '../../harness/brokers/kafka.ts';
import { CANCEL, event, PLACE, STOCK, type Sender } from '../../harness/brokers/message.ts';
import { rabbitMqClient } from '../../harness/brokers/rabbitmq-client.ts';
import { startRabbitMq } from '../../harness/brokers/rabbitmq.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { line, orderRequest } from '../../harness/orders.ts';
import { testLogger as logger } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { openWorkingStage, type Stage } from '../support/api/app.ts';
import { getting, orderOf } from '../support/api/requests.ts';
import { CLIENT, createTestBroker, openTestIntake, type TestIntake } from '../support/intake/stage.ts';

const by = { clientId: CLIENT, keyId: CLIENT, reason: 'a test' };
/** More than the brokers hand over to two processes while nothing is paused. */
const ORDERS = 200;

describe('orders by message while their intake is paused', function () {
  this.timeout(180_000);
  let stage: Stage;
  const watches: BrakeWatch[] = [];
  const closers: (() => Promise<unknown>)[] = [];

  before(async () => {
    stage = await openWorkingStage();
  });
  after(() => stage.close());
  afterEach(async () => {
    await release();
    for (const close of closers.splice(0).reverse()) await close();
    watches.length = 0;
  });

  /** Pauses, and waits until every process of the test knows it. */
  async function pause(target: string, kind: BrakeKind = 'intake'): Promise<void> {
    await createBrakeStore(stage.shop.pool).set({ ...by, kind, target });
    await everywhere(1);
  }

  async function release(): Promise<void> {
    const store = createBrakeStore(stage.shop.pool);
    for (const { brakeId } of await store.list({ active: true, limit: 9 })) await store.release(brakeId, by);
    await everywhere(0);
  }

  const everywhere = (count: number): Promise<void> =>
    waitUntilPasses(() => {
      for (const brakes of [stage.brakes, ...watches]) assert.equal(brakes.all().length, count);
    });

  /** An intake as another process has it. */
  async function startProcess(...brokers: Broker[]): Promise<TestIntake> {
    const brakes = await openBrakes(stage.shop.url, logger);
    const intake = await openTestIntake(stage, brokers, { brakes });
    watches.push(brakes);
    const stop = async (): Promise<void> => {
      await intake.stop();
      watches.splice(0, watches.length, ...watches.filter((each) => each !== brakes));
      await brakes.close();
    };
    let stopped: Promise<void> | undefined;
    const stopOnce = (): Promise<void> => (stopped ??= stop());
    closers.push(stopOnce);
    return { ...intake, stop: stopOnce };
  }

  const ordersOf = async (keys: readonly string[]): Promise<number> => {
    const ids = keys.map((key) => orderIdOf(CLIENT, key));
    const { rows } = await stage.shop.pool.query<{ n: number }>(
      'select count(*) as n from orders where order_id = any($1)',
      [ids],
    );
    return rows[0]?.n ?? 0;
  };
  const statusOf = async (key: string): Promise<string> =>
    orderOf(await stage.app.inject(getting(`/v1/orders/${orderIdOf(CLIENT, key)}`))).status;
  const untilPaid = (keys: readonly string[]): Promise<void> =>
    waitUntilPasses(async () => {
      assert.equal(await ordersOf(keys), keys.length);
      for (const key of keys) assert.equal(await statusOf(key), 'paid');
    }, 60_000);
  const deadLetters = async (): Promise<number> => {
    const { rows } = await stage.shop.pool.query<{ n: number }>('select count(*) as n from dead_letters');
    return rows[0]?.n ?? 0;
  };

  /** The promise that both brokers keep. `open` connects a process to the broker. */
  async function staysInBroker(target: string, client: Sender, open: () => Promise<Broker>): Promise<void> {
    const first = await startProcess(await open());
    await startProcess(await open());
    const before = event(PLACE, orderRequest());
    await client.send(before);
    await waitUntilPasses(async () => {
      assert.equal(await statusOf(before.key), 'paid');
    });

    await pause(target);
    const letters = await deadLetters();
    const orders = Array.from({ length: ORDERS }, () => event(PLACE, orderRequest()));
    const keys = orders.map(({ key }) => key);
    for (const order of orders) await client.send(order);
    const sku = `behind-${target}`;
    await client.send(
      event(STOCK, { sku, title: 'Jug', unitPrice: 1, currency: 'EUR', onHand: 1, sequence: 1 }),
    );
    await client.send(event(CANCEL, { orderId: orderIdOf(CLIENT, before.key) }));
    // What stands behind the orders is executed: they were handed over, and were held.
    await waitUntilPasses(async () => {
      assert.equal((await stage.shop.catalogue.find([sku])).length, 1);
      assert.equal(await statusOf(before.key), 'cancelled');
    }, 30_000);
    assert.equal(await ordersOf(keys), 0);

    await first.stop();
    await startProcess(await open());
    const last = event(PLACE, orderRequest());
    await client.send(last);
    await client.send(
      event(STOCK, { sku, title: 'Jug', unitPrice: 2, currency: 'EUR', onHand: 1, sequence: 2 }),
    );
    await waitUntilPasses(async () => {
      assert.equal((await stage.shop.catalogue.find([sku]))[0]?.unitPrice, 2);
    }, 30_000);
    assert.equal(await ordersOf([...keys, last.key]), 0);

    await release();
    await untilPaid([...keys, last.key]);
    assert.equal(await deadLetters(), letters, 'no message has become a dead letter');
  }

  it('stay in RabbitMQ, over a restart, and are all taken after the release; other commands go on', async () => {
    const server = await startRabbitMq();
    closers.push(() => server.stop());
    const client = await rabbitMqClient(server.url);
    closers.push(() => client.close());
    await staysInBroker('rabbitmq', client, () => openRabbitMq({ url: server.url, logger }));
    await waitUntilPasses(async () => {
      assert.deepEqual(await client.drain('checkout.commands'), []);
    });
  });

  it('stay in Kafka, over a restart, and are all taken after the release; other commands go on', async () => {
    const server = await startKafka();
    closers.push(() => server.stop());
    const client = kafkaClient(server.url);
    closers.push(() => client.close());
    const open = (): Promise<Broker> => Promise.resolve(openKafka({ brokers: server.url, logger }));
    await staysInBroker('kafka', client, open);
    await waitUntilPasses(async () => {
      assert.equal(await committedInKafka(server.url), ORDERS + 5);
    });
  });

  it('are refused by ZeroMQ, which keeps none, and are taken when they are sent again', async () => {
    await startOnFreePorts(['commands'], async ({ commands: port }) => {
      const commands = `tcp://127.0.0.1:${port}`;
      const replay = () => Promise.resolve({ events: [], cursor: '', more: false });
      await startProcess(await openZeroMq({ commands, replay, logger }));
      const client = zeroMqClient(commands);
      closers.push(() => client.close());
      const known = event(PLACE, orderRequest());
      assert.equal((await client.send(known)).result, 'done');
      await pause('zeromq');
      const refused = event(PLACE, orderRequest());
      const answer = await client.send(refused);
      assert.deepEqual([answer.result, 'code' in answer && answer.code], ['paused', 'intake_paused']);
      assert.equal((await client.send(known)).result, 'done', 'an order that exists is answered with it');
      await release();
      assert.equal((await client.send(refused)).result, 'done');
      await untilPaid([refused.key]);
    });
  });

  it('wait by the source of their CloudEvents, and those of others do not', async () => {
    const broker = createTestBroker();
    const placed: string[] = [];
    const place = (command: PlaceOrderCommand) => {
      placed.push(command.key);
      return stage.orders.place(command);
    };
    const orders = { ...stage.orders, place };
    const intake = await openTestIntake(stage, [broker], { brakes: stage.brakes, orders });
    closers.push(() => intake.stop());
    await pause('/storefront');
    const held = event(PLACE, orderRequest(), { source: '/storefront' });
    const waiting = broker.deliver(held);
    const other = event(PLACE, orderRequest(), { source: '/office' });
    assert.equal((await broker.deliver(other)).result, 'done');
    assert.deepEqual(placed, [other.key], 'the one before it was not even tried');
    const [brake] = await createBrakeStore(stage.shop.pool).list({ active: true, limit: 1 });
    await release();
    assert.equal((await waiting).result, 'done');
    assert.deepEqual(placed, [other.key, held.key]);
    await waitUntilPasses(async () => {
      const [released] = await createBrakeStore(stage.shop.pool).list({ limit: 1 });
      assert.deepEqual([released?.brakeId, released?.affected], [brake?.brakeId, 1], 'the brake counts it');
    }, 10_000);
  });

  it('are taken in the order in which they came, however old they are by then', async () => {
    const broker = createTestBroker();
    const placed: string[] = [];
    const place = (command: PlaceOrderCommand) => {
      placed.push(command.key);
      return stage.orders.place(command);
    };
    const brakes = stage.brakes;
    const intake = await openTestIntake(stage, [broker], {
      brakes,
      orders: { ...stage.orders, place },
      concurrency: 1,
      retryForMs: 1,
    });
    closers.push(() => intake.stop());
    await pause('all');
    const messages = Array.from({ length: 20 }, () => event(PLACE, orderRequest()));
    const receipts = messages.map((message) => broker.deliver(message));
    assert.deepEqual(placed, []);
    await release();
    for (const { result } of await Promise.all(receipts)) assert.equal(result, 'done');
    assert.deepEqual(
      placed,
      messages.map(({ key }) => key),
    );
  });

  it('wait once, however often their broker delivers them again meanwhile', async () => {
    const broker = createTestBroker();
    let places = 0;
    const intake = await openTestIntake(stage, [broker], {
      brakes: stage.brakes,
      orders: { ...stage.orders, place: (command) => ((places += 1), stage.orders.place(command)) },
    });
    closers.push(() => intake.stop());
    await pause('all');
    const message = event(PLACE, orderRequest());
    const receipts = [1, 2, 3].map(() => broker.deliver(message));
    await release();
    const [first, ...others] = await Promise.all(receipts);
    assert.equal(first?.result, 'done');
    for (const other of others) assert.deepEqual(other, first);
    assert.equal(places, 1);
    assert.equal((await broker.deliver(message)).result, 'done');
    assert.equal(places, 2, 'after the release it is a message like others');
  });

  it('begin their time for retries with the release, however long they were held', async () => {
    const broker = createTestBroker();
    const retryForMs = 1_000;
    let tries = 0;
    const place = (command: PlaceOrderCommand) => {
      tries += 1;
      if (tries === 1) return Promise.reject(new Problem('unavailable', 'PostgreSQL is away'));
      return stage.orders.place(command);
    };
    const orders = { ...stage.orders, place };
    const intake = await openTestIntake(stage, [broker], { brakes: stage.brakes, orders, retryForMs });
    closers.push(() => intake.stop());
    await pause('all');
    const began = performance.now();
    const receipt = broker.deliver(event(PLACE, orderRequest()));
    await waitUntilPasses(() => {
      assert.ok(performance.now() - began > retryForMs);
    });
    await release();
    assert.deepEqual([(await receipt).result, tries], ['done', 2]);
  });

  it('hold up the cancellation of the same order, which follows it', async () => {
    const broker = createTestBroker();
    await startProcess(broker);
    await pause('rabbitmq');
    const order = event(PLACE, orderRequest());
    const placing = broker.deliver(order);
    const cancelling = broker.deliver(event(CANCEL, { orderId: orderIdOf(CLIENT, order.key) }));
    await release();
    assert.equal((await placing).result, 'done');
    assert.equal((await cancelling).result, 'done');
    assert.equal(await statusOf(order.key), 'cancelled');
  });

  it('are handed over in greater number while they are held, so that others are found behind them', async () => {
    const sizes: number[] = [];
    const broker: Broker = {
      ...createTestBroker(),
      consume: (_, maxConcurrent) => Promise.resolve(void sizes.push(maxConcurrent)),
      resize: (maxConcurrent) => Promise.resolve(void sizes.push(maxConcurrent)),
    };
    await startProcess(broker);
    await pause('kafka');
    await release();
    await pause('http');
    await release();
    assert.deepEqual(sizes, [80, 80 + MAX_HELD, 80]);
  });

  it('with an item that is paused become dead letters, which can be replayed after the release', async () => {
    await stage.shop.catalogue.put('cup-01', { title: 'Cup', unitPrice: 900, currency: 'EUR', onHand: 9 });
    const broker = createTestBroker();
    const intake = await startProcess(broker);
    await pause('cup-01', 'sku');
    const order = event(PLACE, orderRequest({ lines: [line('cup-01', 1)] }));
    const receipt = await broker.deliver(order);
    assert.ok(receipt.result === 'dead');
    assert.equal(receipt.code, 'sku_paused');
    await release();
    const replayed = await stage.app.inject({
      method: 'POST',
      url: `/v1/dead-letters/${receipt.deadLetterId}/replay`,
      headers: getting('/').headers ?? {},
    });
    assert.equal(replayed.statusCode, 200, replayed.body);
    await untilPaid([order.key]);
    assert.equal((await intake.deadLetters.find(receipt.deadLetterId))?.state, 'replayed');
  });
});
