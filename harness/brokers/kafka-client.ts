import { randomUUID } from 'node:crypto';
import { Admin, Consumer, Producer } from '@platformatic/kafka';
import { COMMANDS_CHANNEL, DEAD_CHANNEL } from '../../src/contracts/messages.ts';
import { waitUntilPasses } from '../wait-for.ts';
import type { Sender, TestMessage } from './message.ts';

/** A publisher that sends a message again until Kafka has acknowledged it. */
export function kafkaClient(url: string): Sender {
  const create = () =>
    new Producer({ clientId: 'test-shop', bootstrapBrokers: [url], acks: -1, retries: 2, retryDelay: 200 });
  let producer = create();

  async function publish({ body, contentType, id, type, headers }: TestMessage): Promise<void> {
    const texts = {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(id !== undefined && { id }),
      ...(type !== undefined && { type }),
      ...headers,
    };
    const entries = Object.entries(texts).map(
      ([name, text]) => [Buffer.from(name), Buffer.from(text)] as const,
    );
    const used = producer;
    try {
      await used.send({
        messages: [
          {
            topic: COMMANDS_CHANNEL,
            key: Buffer.from(id ?? randomUUID()),
            value: body,
            headers: new Map(entries),
          },
        ],
      });
    } catch (error) {
      if (producer === used) producer = create();
      await used.close().catch(() => undefined);
      throw error;
    }
  }

  return {
    send: (message) => waitUntilPasses(() => publish(message), 60_000),
    close: () => producer.close(),
  };
}

/** How many commands the intake has committed. */
export async function committedInKafka(url: string): Promise<number> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [url], retries: 0 });
  try {
    const groups = await admin.listConsumerGroupOffsets({ groups: ['durable-checkout.intake'] });
    const offsets = groups.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions));
    return offsets.reduce((sum, { committedOffset }) => sum + Math.max(0, Number(committedOffset)), 0);
  } finally {
    await admin.close();
  }
}

/** Waits until the topic of dead letters has `count` messages, and returns their ids and bodies. */
export async function deadInKafka(url: string, count: number): Promise<{ id: string; body: Buffer }[]> {
  const consumer = new Consumer({ clientId: 'test', groupId: randomUUID(), bootstrapBrokers: [url] });
  const found: { id: string; body: Buffer }[] = [];
  try {
    const stream = await consumer.consume({ topics: [DEAD_CHANNEL], mode: 'earliest', maxWaitTime: 200 });
    stream.on('data', ({ headers, value }) => {
      const id = [...headers].find(([name]) => name.toString() === 'id')?.[1].toString() ?? '';
      found.push({ id, body: value });
    });
    await waitUntilPasses(() => {
      if (found.length < count) throw new Error(`${found.length} of ${count} dead letters`);
    });
    return found;
  } finally {
    await new Promise<void>((resolve) => {
      consumer.close(true, () => {
        resolve();
      });
    });
  }
}
