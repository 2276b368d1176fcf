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

/** Milliseconds. */
const CONFIRM_DEADLINE_MS = 10_000;
const CONNECT_DEADLINE_MS = 2_000;

/** One connection, made again whenever it is lost, and with it everything that is declared and consumed. */
export async function openRabbitMq({ url, logger }: RabbitMqOptions): Promise<Broker> {
  let consuming: { handle: MessageHandler; prefetch: number } | undefined;
  let current: ChannelModel | undefined;
  let publisher: ConfirmChannel | undefined;
  let consumer: { channel: Channel; tag: string } | undefined;
  let paused = false;

  /** Runs after every connect; if it fails, the connection is given up and made again later. */
  async function setup(model: ChannelModel): Promise<void> {
    // One that is given up may still fail, when nobody else listens to it any more.
    model.on('error', warn);
    const confirmed = await model.createConfirmChannel();
    giveUpWith(model, confirmed);
    await declareTopology(confirmed);
    publisher = confirmed;
    current = model;
    if (consuming && !paused) await consume(model, consuming.handle, consuming.prefetch);
  }

  async function consume(model: ChannelModel, handle: MessageHandler, prefetch: number): Promise<void> {
    const channel = await model.createChannel();
    giveUpWith(model, channel);
    await channel.prefetch(prefetch);
    const { consumerTag: tag } = await channel.consume(COMMANDS_CHANNEL, (message) => {
      // Null: the broker has ended the consumer, because its queue is gone.
      if (message) void take(channel, handle, message);
      else void closeQuietly(model);
    });
    consumer = { channel, tag };
  }

  /** A channel that the broker closes takes its connection along: one way to begin again is enough. */
  function giveUpWith(model: ChannelModel, channel: Channel): void {
    channel.on('error', (error) => {
      logger.warn({ cause: error.message }, 'RabbitMQ has closed a channel');
    });
    channel.on('close', () => {
      if (!paused) void closeQuietly(model);
    });
  }

  async function take(channel: Channel, handle: MessageHandler, message: ConsumeMessage): Promise<void> {
    let receipt: Receipt;
    try {
      receipt = await handle(toInbound(message));
    } catch {
      // It is not ours any more once the channel closes: the broker delivers it again.
      return;
    }
    try {
      channel.ack(message);
      reply(channel, message, receipt);
    } catch {
      // The channel is closed: the message comes again, and is done already.
    }
  }

  /** For who asks for an answer; nothing waits for it to arrive. */
  function reply(channel: Channel, { properties }: ConsumeMessage, receipt: Receipt): void {
    const { replyTo, correlationId } = textsOf(properties);
    if (replyTo === undefined) return;
    channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(receipt)), {
      contentType: 'application/json',
      ...(correlationId !== undefined && { correlationId }),
    });
  }

  function warn(error: Error): void {
    logger.warn({ cause: error.message }, 'RabbitMQ cannot be reached');
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
    logger.info('connected to RabbitMQ');
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

    async consume(handle, atOnce) {
      consuming = { handle, prefetch: atOnce };
      // Where it is not connected yet, the setup does it.
      if (current) await consume(current, handle, atOnce);
    },

    async publish(messages) {
      if (!publisher) await connecting(connection);
      await confirmed(publisher, messages);
    },

    async pause() {
      paused = true;
      await consumer?.channel.cancel(consumer.tag).catch(() => undefined);
    },

    close: () => connection.close(),
  };
}

/** For a moment: whoever publishes tries again. */
async function connecting(connection: EventEmitter): Promise<void> {
  await once(connection, 'connect', { signal: AbortSignal.timeout(CONNECT_DEADLINE_MS) }).catch(
    () => undefined,
  );
}

/**
 * Resolves when the broker has written all of them to its disks. They go out at once, on one channel, which keeps their order; it is
 * the channel that fails, and with it all that were sent behind.
 */
async function confirmed(
  channel: ConfirmChannel | undefined,
  messages: readonly OutboundMessage[],
): Promise<void> {
  if (!channel) throw new Error('RabbitMQ is not connected');
  const late = new AbortController();
  try {
    await Promise.race([
      Promise.all(messages.map((message) => written(channel, message))),
      delay(CONFIRM_DEADLINE_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error('RabbitMQ has not confirmed a message in time');
      }),
    ]);
  } finally {
    late.abort();
  }
}

function written(
  channel: ConfirmChannel,
  { channel: to, id, type, key, contentType, headers, body }: OutboundMessage,
): Promise<void> {
  const [exchange, routingKey] = to === EVENTS_CHANNEL ? [EVENTS_CHANNEL, type] : ['', to];
  const properties = { persistent: true, messageId: id, type, contentType, headers: { ...headers, key } };
  return new Promise((resolve, reject) => {
    channel.publish(exchange, routingKey, body, properties, (error: unknown) => {
      if (error === null || error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('RabbitMQ has refused a message'));
    });
  });
}

const closeQuietly = (model: ChannelModel): Promise<void> => model.close().catch(() => undefined);
