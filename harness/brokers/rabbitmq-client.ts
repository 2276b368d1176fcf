import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { COMMANDS_CHANNEL } from '../../src/contracts/messages.ts';
import { waitUntilPasses } from '../wait-for.ts';
import type { Sender, TestMessage } from './message.ts';

/** A message in a queue of RabbitMQ. */
export interface QueuedMessage {
  id: string;
  body: Buffer;
  headers: Record<string, string>;
}

export interface RabbitMqClient extends Sender {
  /** Takes all messages out of a queue. */
  drain(queue: string): Promise<QueuedMessage[]>;
  /** Sends a message, and waits for the reply. */
  ask(message: TestMessage): Promise<unknown>;
}

/** A publisher that sends a message again until RabbitMQ has confirmed it. */
export async function rabbitMqClient(url: string): Promise<RabbitMqClient> {
  const connection = await connect(url, {
    recovery: {
      initialDelay: 50,
      maxDelay: 500,
      setup: (model: ChannelModel) => void model.on('error', () => undefined),
    },
  });
  connection.on('error', () => undefined);
  let open: Promise<ConfirmChannel> | undefined;

  function channel(): Promise<ConfirmChannel> {
    open ??= connection.createConfirmChannel().then(async (created) => {
      const discard = (): void => {
        open = undefined;
      };
      created.on('error', discard);
      created.on('close', discard);
      // RabbitMQ confirms and drops a message that is published before its queue exists.
      await created.checkQueue(COMMANDS_CHANNEL);
      return created;
    });
    return open;
  }

  async function publish(message: TestMessage, more: object = {}): Promise<void> {
    const { body, contentType, id, type, headers } = message;
    const opened = await channel();
    const [exchange, key] = type === undefined ? ['', COMMANDS_CHANNEL] : [COMMANDS_CHANNEL, type];
    await new Promise<void>((resolve, reject) => {
      opened.publish(
        exchange,
        key,
        body,
        {
          persistent: true,
          ...(contentType !== undefined && { contentType }),
          ...(id !== undefined && { messageId: id }),
          ...(headers && { headers }),
          ...more,
        },
        (error: unknown) => {
          if (error === null || error === undefined) resolve();
          else reject(error instanceof Error ? error : new Error('refused'));
        },
      );
    });
  }

  return {
    send: (message) => waitUntilPasses(() => publish(message), 60_000),

    async ask(message) {
      const opened = await connection.createChannel();
      const { queue } = await opened.assertQueue('', { exclusive: true });
      const reply = new Promise((resolve) => {
        void opened.consume(queue, (received) => {
          resolve(JSON.parse(received?.content.toString() ?? 'null'));
        });
      });
      await publish(message, { replyTo: queue, correlationId: 'asked' });
      const answer = await reply;
      await opened.close();
      return answer;
    },

    async drain(queue) {
      const opened = await channel();
      const found: QueuedMessage[] = [];
      for (;;) {
        const message = await opened.get(queue, { noAck: true });
        if (message === false) return found;
        const { messageId, headers = {} } = message.properties as { messageId: unknown; headers?: object };
        found.push({
          id: String(messageId),
          body: message.content,
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        });
      }
    },

    close: () => connection.close(),
  };
}
