import { once, type EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import type { Broker, MessageHandler, OutboundMessage, Receipt } from '../../contracts/ports/broker.ts';
import { COMMANDS_CHANNEL, EVENTS_CHANNEL } from '../../contracts/messages.ts';
import { rabbitMqAddress } from './address.ts';
import { textsOf, toInbound } from './inbound.ts';
import { declareTopology } from './topology.ts';

export interface RabbitMqOptions {
  /** See {@link rabbitMqAddress}. */
  url: string;
  logger: Logger;
}

const CONFIRM_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** Opens a connection that reconnects whenever it is lost, and then declares and consumes everything again. */
export async function openRabbitMq({ url, logger }: RabbitMqOptions): Promise<Broker> {
  let consuming: { handle: MessageHandler; prefetch: number } | undefined;
  let current: ChannelModel | undefined;
  let publisher: ConfirmChannel | undefined;
  let consumer: { channel: Channel; tag: string } | undefined;
  let paused = false;
  let resizing = Promise.resolve();

  /** Runs after every connect. If it fails, the client closes the connection and connects again later. */
  async function setup(model: ChannelModel): Promise<void> {
    // A closed connection may still emit an error, which without a listener would end the process.
    model.on('error', warn);
    const confirmed = await model.createConfirmChannel();
    closeTogether(model, confirmed);
    await declareTopology(confirmed);
    publisher = confirmed;
    current = model;
    if (consuming && !paused) await consume(model, consuming.handle, consuming.prefetch);
  }

  async function consume(model: ChannelModel, handle: MessageHandler, prefetch: number): Promise<void> {
    const channel = await model.createChannel();
    closeTogether(model, channel);
    await consumeFrom(model, channel, handle, prefetch);
  }

  async function consumeFrom(
    model: ChannelModel,
    channel: Channel,
    handle: MessageHandler,
    prefetch: number,
  ): Promise<void> {
    await channel.prefetch(prefetch);
    const closed = new Promise<undefined>((resolve) =>
      channel.once('close', () => {
        resolve(undefined);
      }),
    );
    const { consumerTag: tag } = await channel.consume(COMMANDS_CHANNEL, (message) => {
      // The message is null when the broker has cancelled the consumer because its queue was deleted.
      if (message) void receive(channel, closed, handle, message);
      else void closeQuietly(model);
    });
    consumer = { channel, tag };
  }

  /** The limit of a consumer is fixed, so another one takes its place. What the first has received can still be acknowledged. */
  async function resize(prefetch: number): Promise<void> {
    if (!consuming || consuming.prefetch === prefetch) return;
    consuming = { ...consuming, prefetch };
    const [model, before] = [current, consumer];
    if (!model || !before || paused) return;
    try {
      await before.channel.cancel(before.tag);
      await consumeFrom(model, before.channel, consuming.handle, prefetch);
    } catch {
      // The client connects again, and consumes with the new limit.
      await closeQuietly(model);
    }
  }

  /** When the broker closes a channel, closes its connection too, so that reconnecting is the only way of recovery. */
  function closeTogether(model: ChannelModel, channel: Channel): void {
    channel.on('error', (error) => {
      logger.warn({ cause: error.message }, 'RabbitMQ closed a channel');
    });
    channel.on('close', () => {
      if (!paused) void closeQuietly(model);
    });
  }

  async function receive(
    channel: Channel,
    closed: Promise<undefined>,
    handle: MessageHandler,
    message: ConsumeMessage,
  ): Promise<void> {
    let receipt: Receipt | undefined;
    try {
      // On a closed channel nothing can be acknowledged: the message, which may be handled for days, is not kept for that.
      receipt = await Promise.race([handle(toInbound(message)), closed]);
    } catch {
      // The message stays unacknowledged: the broker delivers it again when the channel closes.
      return;
    }
    if (!receipt) return;
    try {
      channel.ack(message);
      reply(channel, message, receipt);
    } catch {
      // The channel is closed: the broker delivers the message again, and its command is executed already.
    }
  }

  /** Sends the receipt to a publisher that has set `replyTo`. Nothing waits until it arrives. */
  function reply(channel: Channel, { properties }: ConsumeMessage, receipt: Receipt): void {
    const { replyTo, correlationId } = textsOf(properties);
    if (replyTo === undefined) return;
    channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(receipt)), {
      contentType: 'application/json',
      ...(correlationId !== undefined && { correlationId }),
    });
  }

  function warn(error: Error): void {
    logger.warn({ cause: error.message }, 'RabbitMQ client has no connection and tries again');
  }

  const address = rabbitMqAddress(url);
  const connection = await connect(address.url, {
    ...address.options,
    noDelay: true,
    keepAlive: true,
    timeout: 10_000,
    clientProperties: { connection_name: 'durable-checkout' },
    recovery: { initialDelay: 100, maxDelay: 5_000, setup, waitForConnect: false },
  });
  connection.on('connect', () => {
    logger.info('RabbitMQ client connected');
  });
  connection.on('disconnect', (error) => {
    current = undefined;
    publisher = undefined;
    consumer = undefined;
    if (!paused) warn(error);
  });
  connection.on('reconnect-scheduled', ({ attempt, error }) => {
    if (attempt === 1 || attempt % 20 === 0) warn(error);
  });
  connection.on('error', warn);

  return {
    name: 'rabbitmq',

    async consume(handle, maxConcurrent) {
      consuming = { handle, prefetch: maxConcurrent };
      // Without a connection, `setup` begins to consume as soon as there is one.
      if (current) await consume(current, handle, maxConcurrent);
    },

    resize: (maxConcurrent) => (resizing = resizing.then(() => resize(maxConcurrent))),

    async publish(messages) {
      if (!publisher) await waitForConnection(connection);
      await publishConfirmed(publisher, messages);
    },

    async pause() {
      paused = true;
      await resizing;
      await consumer?.channel.cancel(consumer.tag).catch(() => undefined);
    },

    close: () => connection.close(),
  };
}

/** Resolves when the client is connected, or after a short timeout: the relay repeats a publish that fails. */
async function waitForConnection(connection: EventEmitter): Promise<void> {
  await once(connection, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) }).catch(
    () => undefined,
  );
}

/**
 * Resolves when the broker has confirmed all messages, which means that they are on its disks. All are sent at once on one channel,
 * which keeps their order. An error closes the channel, and then the messages that were sent after it fail too.
 */
async function publishConfirmed(
  channel: ConfirmChannel | undefined,
  messages: readonly OutboundMessage[],
): Promise<void> {
  if (!channel) throw new Error('RabbitMQ is not connected');
  const timeout = new AbortController();
  try {
    await Promise.race([
      Promise.all(messages.map((message) => publishOne(channel, message))),
      delay(CONFIRM_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(() => {
        throw new Error(`RabbitMQ did not confirm a message within ${CONFIRM_TIMEOUT_MS} ms`);
      }),
    ]);
  } finally {
    timeout.abort();
  }
}

function publishOne(
  channel: ConfirmChannel,
  { channel: to, id, type, key, contentType, headers, body }: OutboundMessage,
): Promise<void> {
  const [exchange, routingKey] = to === EVENTS_CHANNEL ? [EVENTS_CHANNEL, type] : ['', to];
  const properties = { persistent: true, messageId: id, type, contentType, headers: { ...headers, key } };
  return new Promise((resolve, reject) => {
    channel.publish(exchange, routingKey, body, properties, (error: unknown) => {
      if (error === null || error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('RabbitMQ refused a message'));
    });
  });
}

const closeQuietly = (model: ChannelModel): Promise<void> => model.close().catch(() => undefined);
