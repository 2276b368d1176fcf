import { Producer } from '@platformatic/kafka';
import type { OutboundMessage } from '../../contracts/ports/broker.ts';
import type { KafkaAddress } from './address.ts';
import { ensureTopics } from './topics.ts';

export interface KafkaPublisher {
  /** Resolves when all in-sync replicas have all messages. */
  publish(messages: readonly OutboundMessage[]): Promise<void>;
  close(): Promise<void>;
}

/** Publishes with an idempotent producer: a message that the producer resends arrives once, and in order within its key. */
export function createKafkaPublisher(address: KafkaAddress, clientId: string): KafkaPublisher {
  let producer: Producer | undefined;
  let topics: Promise<void> | undefined;

  const create = () => new Producer({ ...address, clientId, idempotent: true, retries: 5, retryDelay: 300 });

  return {
    async publish(messages) {
      topics ??= ensureTopics(address, clientId);
      await topics.catch((error: unknown) => {
        topics = undefined;
        throw error;
      });
      const used = (producer ??= create());
      try {
        await used.send({ messages: messages.map(toKafka) });
      } catch (error) {
        // It is unknown whether Kafka has written the messages, and so which sequence number comes next: a new producer starts over.
        if (producer === used) producer = undefined;
        await used.close().catch(() => undefined);
        throw error;
      }
    },

    async close() {
      await producer?.close().catch(() => undefined);
    },
  };
}

const toKafka = ({ channel: topic, id, type, key, contentType, headers, body }: OutboundMessage) => ({
  topic,
  key: Buffer.from(key),
  value: body,
  headers: new Map(
    Object.entries({ ...headers, id, type, 'content-type': contentType }).map(([name, text]) => [
      Buffer.from(name),
      Buffer.from(text),
    ]),
  ),
});
