import assert from 'node:assert/strict';
import type { ConsumeMessage } from 'amqplib';
import { toInbound as fromKafka, type KafkaMessage } from '../../src/adapters/kafka/inbound.ts';
import { toInbound as fromRabbitMq } from '../../src/adapters/rabbitmq/inbound.ts';

describe('the content encoding of a message', () => {
  const rabbitMq = (properties: object) =>
    fromRabbitMq({
      content: Buffer.from('{}'),
      fields: { routingKey: 'checkout.commands' },
      properties,
    } as ConsumeMessage).contentEncoding;

  it('is the property of RabbitMQ, or a header', () => {
    assert.equal(rabbitMq({ contentEncoding: 'gzip' }), 'gzip');
    assert.equal(rabbitMq({ headers: { 'Content-Encoding': 'gzip' } }), 'gzip');
    assert.equal(rabbitMq({ headers: { other: 'gzip', 'content-encoding': 1 } }), undefined);
  });

  it('is a header of Kafka', () => {
    const headers = new Map([[Buffer.from('Content-Encoding'), Buffer.from('gzip')]]);
    const message = { topic: 't', partition: 0, offset: 1n, value: Buffer.from('{}'), headers };
    assert.equal(fromKafka(message as unknown as KafkaMessage).contentEncoding, 'gzip');
  });
});
