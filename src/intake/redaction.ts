import type { InboundMessage } from '../contracts/ports/broker.ts';
import type { ProblemCode } from '../contracts/errors.ts';
import { holdsCardNumber, withoutCardNumbers } from '../validation/card-numbers.ts';
import { isRecord, NOT_CARD_NUMBERS, tryParseJson } from './envelope.ts';

const REMOVED = '[card number removed]';

/** Problems of messages that were refused before their text was checked. */
const UNCHECKED: ReadonlySet<ProblemCode> = new Set([
  'invalid_json',
  'unsupported_media_type',
  'body_too_large',
]);

/**
 * Returns the message as it may be stored after it was refused with this problem: without any card number. The id of its dead letter
 * must be made from this message, because a hash of a card number can be reversed by trying all numbers.
 */
export function redacted(message: InboundMessage, code: ProblemCode): InboundMessage {
  if (code === 'card_number_refused') {
    const document = withoutCards(tryParseJson(message.body), NOT_CARD_NUMBERS);
    const attributes = Object.entries(message.attributes).map(([name, text]) => [
      name,
      NOT_CARD_NUMBERS.has(name) ? text : textWithoutCards(text),
    ]);
    return {
      ...message,
      attributes: Object.fromEntries(attributes) as Record<string, string>,
      body: Buffer.from(document === undefined ? REMOVED : JSON.stringify(document)),
    };
  }
  if (!UNCHECKED.has(code)) return message;
  // Latin 1 keeps every byte as it is, whatever the encoding of the body.
  const text = message.body.toString('latin1');
  return { ...message, body: Buffer.from(textWithoutCards(text), 'latin1') };
}

/** Whether a stored message is not what was sent, because it had a card number. */
export const isRedacted = ({ body }: InboundMessage): boolean => body.includes(REMOVED);

function withoutCards(value: unknown, envelope?: ReadonlySet<string>): unknown {
  if (typeof value === 'string') return textWithoutCards(value);
  if (typeof value === 'number') return holdsCardNumber(String(value)) ? REMOVED : value;
  if (Array.isArray(value)) return value.map((item) => withoutCards(item));
  if (!isRecord(value)) return value;
  const isEnvelope = envelope !== undefined && 'specversion' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (isEnvelope && envelope.has(key) && typeof member !== 'object') return [key, member];
      if (isEnvelope && key === 'data_base64') return [key, REMOVED];
      return [textWithoutCards(key), withoutCards(member)];
    }),
  );
}

const textWithoutCards = (text: string): string => withoutCardNumbers(text, REMOVED);
