import { Producer } from '@platformatic/kafka';
import type { OutboundMessage } from '../../contracts/broker.ts';
import type { KafkaAddress } from './address.ts';

export interface KafkaPublisher {
  /** Resolves when all replicas in sync have it. */
  publish(message: OutboundMessage): Promise<void>;
  close(): Promise<void>;
}

/** An idempotent producer: what it has to send again by itself arrives once, and in order within a key. */
export function createKafkaPublisher(address: KafkaAddress, clientId: string): KafkaPublisher {
  let producer: Producer | undefined;

  const create = () => new Producer({ ...address, clientId, idempotent: true, retries: 5, retryDelay: 300 });

  return {
    async publish({ channel: topic, id, type, key, contentType, headers, body }) {
      const used = (producer ??= create());
      const texts = { ...headers, id, type, 'content-type': contentType };
      try {
        await used.send({
          messages: [
            {
              topic,
              key: Buffer.from(key),
              value: body,
              headers: new Map(
                Object.entries(texts).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]),
              ),
            },
          ],
        });
      } catch (error) {
        // Whether it was written is not known, nor which number comes next: another producer begins anew.
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
