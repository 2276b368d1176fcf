import { createHash } from 'node:crypto';
import type { InboundMessage } from '../contracts/ports/broker.ts';
import { bestGuess, isRecord } from './envelope.ts';

/** What a message that cannot be read says that it is, as far as it can be told. */
export interface Named {
  messageId?: string;
  type?: string;
}

const LONGEST = 255;

/** Id and type of a message, whatever is wrong with the rest of it. */
export function nameOf(message: InboundMessage): Named {
  const inBody = bestGuess(message.body);
  const structured = isRecord(inBody) && 'specversion' in inBody ? inBody : {};
  const id = textOf(message.attributes['id'] ?? structured['id'] ?? message.id);
  const type = textOf(message.attributes['type'] ?? structured['type'] ?? message.type);
  return { ...(id !== undefined && { messageId: id }), ...(type !== undefined && { type }) };
}

/**
 * The same message is the same dead letter, however often it comes: the same bytes under the same id by the same broker. Where
 * in the broker it was does not count, since a publisher that sends it again puts it elsewhere.
 */
export function deadLetterIdOf(message: InboundMessage): string {
  const { messageId = '', type = '' } = nameOf(message);
  const hash = createHash('sha256');
  for (const part of [message.source, messageId, type]) hash.update(`${Buffer.byteLength(part)}:${part}`);
  return `dl_${hash.update(message.body).digest('hex').slice(0, 40)}`;
}

/** PostgreSQL cannot hold the one character that JSON can; a name longer than any of ours is nobody's. */
const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.replaceAll('\u0000', '').slice(0, LONGEST) : undefined;
