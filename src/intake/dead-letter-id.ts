import { createHash } from 'node:crypto';
import type { InboundMessage } from '../contracts/ports/broker.ts';
import { isRecord, tryParseJson } from './envelope.ts';

/** The id and type that a message states, as far as they can be read from it. */
export interface MessageIdentity {
  messageId?: string;
  type?: string;
}

/** Characters. No id or type that this service accepts is longer. */
const MAX_IDENTITY_LENGTH = 255;

/** Returns the id and type of a message, whatever is wrong with the rest of it. */
export function identityOf(message: InboundMessage): MessageIdentity {
  const document = tryParseJson(message.body);
  const structured = isRecord(document) && 'specversion' in document ? document : {};
  const id = textOf(message.attributes['id'] ?? structured['id'] ?? message.id);
  const type = textOf(message.attributes['type'] ?? structured['type'] ?? message.type);
  return { ...(id !== undefined && { messageId: id }), ...(type !== undefined && { type }) };
}

/**
 * Returns the id of the dead letter that a message becomes: the same bytes under the same id and type from the same broker are
 * the same dead letter, however often they are delivered. The source of a CloudEvent belongs to its identity; in structured mode it is part
 * of the bytes. The position in the broker is left out, because a publisher that
 * sends the message again puts it in another position.
 */
export function deadLetterIdOf(message: InboundMessage): string {
  const { messageId = '', type = '' } = identityOf(message);
  const hash = createHash('sha256');
  const { source: eventSource } = message.attributes;
  for (const part of [message.source, messageId, type, ...(eventSource === undefined ? [] : [eventSource])])
    hash.update(`${Buffer.byteLength(part)}:${part}`);
  return `dl_${hash.update(message.body).digest('hex').slice(0, 40)}`;
}

/** JSON allows the character U+0000 in a string, PostgreSQL's `text` does not. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== ''
    ? value.replaceAll('\u0000', '').slice(0, MAX_IDENTITY_LENGTH)
    : undefined;
