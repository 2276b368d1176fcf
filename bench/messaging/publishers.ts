import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ChannelModel, type Options } from 'amqplib';
import { createOrderSender } from '../../harness/load/order-sender.ts';
import type { Connection as Api } from '../../harness/api/connection.ts';
import { COMMANDS_CHANNEL } from '../../src/contracts/messages.ts';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import { kafkaClient } from '../../harness/brokers/kafka-client.ts';
import { event, keyOf, PLACE, type TestMessage } from '../../harness/brokers/message.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { IN_FLIGHT } from '../measure/shape.ts';
import { orderOfRequest } from '../variants/lib/steps.ts';
import { envelopeOf, QUEUES } from '../variants/rabbitmq/envelope.ts';

/** Publishes orders by one transport. */
export interface Publisher {
  /** Resolves when the transport has confirmed that the order is durable. */
  publish(order: OrderRequest, key: string): Promise<void>;
  /** The idempotency key that the order then has. */
  keyOf(key: string): string;
  close(): Promise<void> | void;
}

/** Calls the API without `Prefer: wait`: the response then means the same as the confirmation of a broker. */
export function httpPublisher(api: Api): Publisher {
  const sender = createOrderSender({ connection: api, maxSockets: IN_FLIGHT, waitSeconds: 0 });
  return {
    async publish(order, key) {
      const { error, retries } = await sender.send(order, key);
      if (error !== undefined || retries > 0)
        throw new Error(`the API answered ${error ?? 'with success'} after ${retries} retries`);
    },
    keyOf: asGiven,
    close() {
      sender.close();
    },
  };
}

export const rabbitMqPublisher = async (url: string): Promise<Publisher> => ({
  ...(await openRabbitMq(url, COMMANDS_CHANNEL, (order, key) => {
    const { body, contentType = '' } = commandOf(order, key);
    return [body, { contentType }];
  })),
  keyOf,
});

/** Publishes to the first of the hand-written queues, as the HTTP endpoint of that variant does. */
export const queuesPublisher = (url: string, clientId: string): Promise<Publisher> =>
  openRabbitMq(url, QUEUES.reserve, (request, key) => {
    const order = orderOfRequest(clientId, request, key);
    const { messageId } = envelopeOf(QUEUES.reserve, order.orderId);
    return [Buffer.from(JSON.stringify({ order })), { messageId, contentType: 'application/json' }];
  });

export function kafkaPublisher(address: string): Publisher {
  const client = kafkaClient(address);
  return {
    async publish(order, key) {
      await client.send(commandOf(order, key));
    },
    keyOf,
    close: () => client.close(),
  };
}

export function zeroMqPublisher(address: string): Publisher {
  const client = zeroMqClient(address);
  return {
    async publish(order, key) {
      const receipt = await client.send(commandOf(order, key));
      if (receipt.result === 'dead') throw new Error(`the checkout refused the order: ${receipt.code}`);
    },
    keyOf,
    close: () => client.close(),
  };
}

const asGiven = (key: string): string => key;

const commandOf = (order: OrderRequest, key: string): TestMessage => event(PLACE, order, { id: key });

const CONSUMER_POLL_INTERVAL_MS = 50;
const CONSUMER_WITHIN_MS = 30_000;

/** Both transports through RabbitMQ use the same client. */
async function openRabbitMq(
  url: string,
  queue: string,
  messageOf: (order: OrderRequest, key: string) => [Buffer, Options.Publish],
): Promise<Publisher> {
  const connection = await connect(url, { noDelay: true });
  // A publish that the connection cannot finish rejects; without a listener the event would end the process.
  connection.on('error', () => undefined);
  await waitForConsumer(connection, queue);
  const channel = await connection.createConfirmChannel();
  return {
    publish: (order, key) =>
      new Promise((resolve, reject) => {
        const [body, options] = messageOf(order, key);
        channel.sendToQueue(queue, body, { ...options, persistent: true }, (error: unknown) => {
          if (error === null || error === undefined) resolve();
          else reject(error instanceof Error ? error : new Error('RabbitMQ refused the order'));
        });
      }),
    keyOf: asGiven,
    close: () => connection.close(),
  };
}

/** RabbitMQ drops a message that is published before its queue exists, and confirms it nevertheless. */
async function waitForConsumer(connection: ChannelModel, queue: string): Promise<void> {
  const deadline = Date.now() + CONSUMER_WITHIN_MS;
  for (;;) {
    if ((await countConsumers(connection, queue)) > 0) return;
    if (Date.now() > deadline)
      throw new Error(`the queue ${queue} has no consumer after ${CONSUMER_WITHIN_MS / 1_000} s`);
    await delay(CONSUMER_POLL_INTERVAL_MS);
  }
}

/** RabbitMQ closes a channel that asks for a queue that does not exist, so each call opens its own. */
async function countConsumers(connection: ChannelModel, queue: string): Promise<number> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    const { consumerCount } = await channel.checkQueue(queue);
    await channel.close();
    return consumerCount;
  } catch {
    return 0;
  }
}
