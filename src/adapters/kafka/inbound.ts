import type { Message } from '@platformatic/kafka';
import type { InboundMessage } from '../../contracts/ports/broker.ts';
import { COMMANDS_CHANNEL } from '../../contracts/messages.ts';
import { traceOf } from '../../domain/trace-context.ts';

export type KafkaMessage = Message;

/** The header of an attribute of a CloudEvent in binary mode. */
const ATTRIBUTE = /^ce_([a-z0-9]+)$/;

/** Converts a Kafka message. A message that is not a CloudEvent has its id and type in headers, or the type as the name of its topic. */
export function toInbound({ topic, partition, offset, value, headers }: KafkaMessage): InboundMessage {
  const texts = new Map(
    [...headers].map(([name, text]) => [bytesOf(name).toString().toLowerCase(), bytesOf(text).toString()]),
  );
  const attributes: Record<string, string> = {};
  for (const [name, text] of texts) {
    const [, attribute] = ATTRIBUTE.exec(name) ?? [];
    if (attribute !== undefined) attributes[attribute] = text;
  }
  const contentType = texts.get('content-type');
  const contentEncoding = texts.get('content-encoding');
  const id = texts.get('id');
  const trace = traceOf((name) => texts.get(name));
  const type = texts.get('type') ?? (topic === COMMANDS_CHANNEL ? undefined : topic);
  return {
    source: 'kafka',
    position: `${topic}/${partition}@${offset}`,
    body: bytesOf(value),
    attributes,
    ...(contentType !== undefined && { contentType }),
    ...(contentEncoding !== undefined && { contentEncoding }),
    ...(id !== undefined && { id }),
    ...(trace && { trace }),
    ...(type !== undefined && { type }),
  };
}

/** A message may have no value, and a header neither, although the types of the client say otherwise. */
const bytesOf = (value: Buffer | null | undefined): Buffer => value ?? Buffer.alloc(0);
