import { setTimeout as delay } from 'node:timers/promises';
import { Connection, type Envelope } from 'rabbitmq-client';
import { createOrderSender } from '../../harness/load/order-sender.ts';
import type { Connection as Api } from '../../harness/api/connection.ts';
import { COMMANDS_CHANNEL } from '../../src/contracts/messages.ts';
import type { OrderRequest } from '../../src/contracts/http/order.ts';
import { kafkaClient } from '../../harness/brokers/kafka-client.ts';
import { event, PLACE, type TestMessage } from '../../harness/brokers/message.ts';
import { zeroMqClient } from '../../harness/brokers/zeromq-client.ts';
import { orderOfRequest } from '../variants/lib/steps.ts';
import { envelopeOf, QUEUES } from '../variants/rabbitmq/envelope.ts';
import { CROWD } from '../compare/scenarios.ts';

/** Whoever sends orders, and is told when each of them cannot be lost any more. */
export interface Publisher {
  /** Resolves when it has been told so. */
  publish(order: OrderRequest, key: string): Promise<void>;
  close(): Promise<void> | void;
}

/** Not with `Prefer: wait`: the answer says as much as a broker's confirmation. */
export function httpPublisher(api: Api): Publisher {
  const sender = createOrderSender({ connection: api, maxSockets: CROWD, waitSeconds: 0 });
  return {
    async publish(order, key) {
      const { error, retries } = await sender.send(order, key);
      if (error !== undefined || retries > 0)
        throw new Error(`${error ?? 'an answer'} after ${retries} retries`);
    },
    close() {
      sender.close();
    },
  };
}

export const rabbitMqPublisher = (url: string): Promise<Publisher> =>
  openRabbitMq(url, COMMANDS_CHANNEL, (order, key) => {
    const { body, contentType = '' } = commandOf(order, key);
    return [{ routingKey: COMMANDS_CHANNEL, durable: true, contentType }, body];
  });

/** The hand-written queues take an order as their own endpoint puts it into the first of them. */
export const queuesPublisher = (url: string, clientId: string): Promise<Publisher> =>
  openRabbitMq(url, QUEUES.reserve, (request, key) => {
    const order = orderOfRequest(clientId, request, key);
    return [envelopeOf(QUEUES.reserve, order.orderId), { order }];
  });

export function kafkaPublisher(address: string): Publisher {
  const client = kafkaClient(address);
  return {
    async publish(order, key) {
      await client.send(commandOf(order, key));
    },
    close: () => client.close(),
  };
}

export function zeroMqPublisher(address: string): Publisher {
  const client = zeroMqClient(address);
  return {
    async publish(order, key) {
      const receipt = await client.send(commandOf(order, key));
      if (receipt.result === 'dead') throw new Error(`refused: ${receipt.code}`);
    },
    close: () => client.close(),
  };
}

const commandOf = (order: OrderRequest, key: string): TestMessage => event(PLACE, order, { id: key });

const POLL_MS = 50;
const CONSUMED_WITHIN_MS = 30_000;

/** The same client for both ways through RabbitMQ. */
async function openRabbitMq(
  url: string,
  queue: string,
  messageOf: (order: OrderRequest, key: string) => [Envelope, unknown],
): Promise<Publisher> {
  const connection = new Connection({ url, noDelay: true });
  // What goes wrong is told by the rejection of what was sent.
  connection.on('error', () => undefined);
  await untilConsumed(connection, queue);
  const publisher = connection.createPublisher({ confirm: true });
  return {
    async publish(order, key) {
      const [envelope, body] = messageOf(order, key);
      await publisher.send(envelope, body);
    },
    async close() {
      await publisher.close();
      await connection.close();
    },
  };
}

/** What is published before the queue is there goes nowhere, and is confirmed all the same. */
async function untilConsumed(connection: Connection, queue: string): Promise<void> {
  const deadline = Date.now() + CONSUMED_WITHIN_MS;
  for (;;) {
    const found = await connection.queueDeclare({ queue, passive: true }).catch(() => undefined);
    if (found && found.consumerCount > 0) return;
    if (Date.now() > deadline) throw new Error(`nobody consumes ${queue}`);
    await delay(POLL_MS);
  }
}
