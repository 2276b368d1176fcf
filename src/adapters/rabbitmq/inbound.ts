import type { ConsumeMessage } from 'amqplib';
import type { InboundMessage } from '../../contracts/ports/broker.ts';
import { COMMANDS_CHANNEL } from '../../contracts/messages.ts';

/** Of a CloudEvent in binary mode; `cloudEvents:` is what the AMQP binding says, the others are what clients send. */
const ATTRIBUTE = /^(?:cloudEvents[:_]|ce[-_])([a-z0-9]+)$/;

/** A message of RabbitMQ as every broker's. Its `type` property says more than its routing key, which may be the queue's name. */
export function toInbound({ content, fields, properties }: ConsumeMessage): InboundMessage {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    const [, attribute] = ATTRIBUTE.exec(name) ?? [];
    if (attribute !== undefined && isPlain(value)) attributes[attribute] = String(value);
  }
  const { contentType, messageId, type } = textsOf(properties);
  const routed = fields.routingKey === COMMANDS_CHANNEL ? undefined : fields.routingKey;
  const kind = type ?? routed;
  return {
    source: 'rabbitmq',
    position: COMMANDS_CHANNEL,
    body: content,
    attributes,
    ...(contentType !== undefined && { contentType }),
    ...(messageId !== undefined && { id: messageId }),
    ...(kind !== undefined && kind !== '' && { type: kind }),
  };
}

export function textsOf(properties: ConsumeMessage['properties']): {
  contentType?: string;
  messageId?: string;
  type?: string;
  replyTo?: string;
  correlationId?: string;
} {
  const names = ['contentType', 'messageId', 'type', 'replyTo', 'correlationId'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value: unknown = properties[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
