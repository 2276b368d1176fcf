import type { ConsumeMessage } from 'amqplib';
import type { InboundMessage } from '../../contracts/ports/broker.ts';
import { COMMANDS_CHANNEL } from '../../contracts/messages.ts';
import { traceOf } from '../../domain/trace-context.ts';

/** The header of an attribute of a CloudEvent in binary mode. `cloudEvents:` is the prefix of the AMQP binding; clients send the others too. */
const ATTRIBUTE = /^(?:cloudEvents[:_]|ce[-_])([a-z0-9]+)$/;

/** Converts a RabbitMQ message. Its `type` property takes precedence over the routing key, which may be the queue's name. */
export function toInbound({ content, fields, properties }: ConsumeMessage): InboundMessage {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties.headers ?? {})) {
    const [, attribute] = ATTRIBUTE.exec(name) ?? [];
    if (attribute !== undefined && isPrimitive(value)) attributes[attribute] = String(value);
  }
  const { contentType, messageId, type, ...texts } = textsOf(properties);
  const contentEncoding = texts.contentEncoding ?? headerOf(properties, 'content-encoding');
  const routed = fields.routingKey === COMMANDS_CHANNEL ? undefined : fields.routingKey;
  const knownType = type ?? routed;
  const trace = traceOf((name) => headerOf(properties, name));
  return {
    source: 'rabbitmq',
    position: COMMANDS_CHANNEL,
    body: content,
    attributes,
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
    ...(messageId !== undefined && { id: messageId }),
    ...(trace && { trace }),
    ...(knownType !== undefined && knownType !== '' && { type: knownType }),
  };
}

/** Returns the message properties that are texts. */
export function textsOf(properties: ConsumeMessage['properties']): {
  contentType?: string;
  contentEncoding?: string;
  messageId?: string;
  type?: string;
  replyTo?: string;
  correlationId?: string;
} {
  const names = ['contentType', 'contentEncoding', 'messageId', 'type', 'replyTo', 'correlationId'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value: unknown = properties[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** Returns a header by its name in lower case: a property of AMQP that a client which knows HTTP sends as a header. */
function headerOf({ headers }: ConsumeMessage['properties'], wanted: string): string | undefined {
  const value = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1] as unknown;
  return typeof value === 'string' ? value : undefined;
}

const isPrimitive = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
