import { brotliDecompressSync, unzipSync } from 'node:zlib';
import type { InboundMessage } from '../contracts/ports/broker.ts';
import { holdsCardNumber, isCardNumber, MAX_DIGITS, withoutCardNumbers } from '../validation/card-numbers.ts';
import { isRecord, NOT_CARD_NUMBERS, tryParseJson } from './envelope.ts';

const REMOVED = '[card number removed]';
const QUOTE = 34;
const BACKSLASH = 92;

/** Members of commands that a replay needs as they are, whose digits may be those of a card number by chance. */
const IDENTIFIERS: ReadonlySet<string> = new Set([
  'sku',
  'trackingCode',
  'location',
  'source',
  'orderId',
  'returnId',
  'idempotencyKey',
  'sequence',
]);

/** Attributes whose text stays. The type is not among them: no type of a command looks like a card number. */
const ENVELOPE: ReadonlySet<string> = new Set([...NOT_CARD_NUMBERS].filter((name) => name !== 'type'));

/**
 * Returns the message as it may be stored and published after it was refused, for whatever reason: without what looks like a card number.
 * A message may be refused before its text was checked, or for another reason that was found first. If there is no such number, the body
 * has the bytes that were sent. The id of its dead letter must be made from this message, because a hash of a card number can be reversed
 * by trying all numbers.
 */
export function redacted(message: InboundMessage): InboundMessage {
  const { contentType, type } = message;
  const attributes = Object.entries(message.attributes).map(([name, text]) => [
    textWithoutCards(name),
    ENVELOPE.has(name) ? text : textWithoutCards(text),
  ]);
  return {
    ...message,
    attributes: Object.fromEntries(attributes) as Record<string, string>,
    body: bodyWithoutCards(message),
    ...(contentType !== undefined && { contentType: textWithoutCards(contentType) }),
    ...(type !== undefined && { type: textWithoutCards(type) }),
  };
}

/** Whether the data of a stored message is not what was sent, because it had a card number. */
export function isRedacted({ body }: InboundMessage): boolean {
  const document = tryParseJson(body);
  if (!isRecord(document) || !('specversion' in document)) return body.includes(REMOVED);
  const { data, data_base64: base64 } = document;
  return (
    JSON.stringify(data ?? null).includes(REMOVED) ||
    (typeof base64 === 'string' && Buffer.from(base64, 'base64').includes(REMOVED))
  );
}

const textWithoutCards = (text: string): string => withoutCardNumbers(text, REMOVED);

/** A compressed body is refused, so that only what it hides has to be found. Nothing of it is kept then. */
function bodyWithoutCards({ body, contentEncoding }: InboundMessage): Buffer {
  const content = contentEncoding === undefined ? undefined : decompressed(body);
  if (content !== undefined && withoutCards(content) !== content) return Buffer.from(REMOVED);
  return withoutCards(body);
}

/** Bytes. Far more than any message that is executed. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;

/** The content, whichever encoding it was stated to have, or `undefined` if it cannot be told. */
function decompressed(body: Buffer): Buffer | undefined {
  for (const decompress of [unzipSync, brotliDecompressSync])
    try {
      return decompress(body, { maxOutputLength: MAX_CONTENT_BYTES });
    } catch {
      continue;
    }
  return undefined;
}

function withoutCards(body: Buffer): Buffer {
  const document = tryParseJson(body);
  // Latin 1 keeps every byte as it is, whatever the encoding of the body.
  const text = body.toString('latin1');
  const isEvent = isRecord(document) && 'specversion' in document;
  const kept = document === undefined ? bytesWithoutCards(text) : jsonWithoutCards(text, isEvent);
  return kept === text ? body : Buffer.from(kept, 'latin1');
}

/**
 * Replaces strings and numbers in a text that is valid JSON, and nothing else: a parser would keep only the last of members with one name.
 */
function jsonWithoutCards(text: string, isEvent: boolean): string {
  /** The names of the members that the current place is in. In a list it is the name of the list. */
  const path: (string | undefined)[] = [];
  let name: string | undefined;
  let kept = '';
  let keptTo = 0;
  for (let at = 0; at < text.length;) {
    const end = tokenEnd(text, at);
    const token = text.slice(at, end);
    const isNameOfMember = token.startsWith('"') && isName(text, end);
    if (token === '{' || token === '[') path.push(name);
    else if (token === '}' || token === ']') name = path.pop();
    else if (isNameOfMember) name = stringOf(token);
    const replaced = replacedToken(token, isNameOfMember);
    if (replaced !== token) {
      kept += text.slice(keptTo, at) + replaced;
      keptTo = end;
    }
    at = end;
  }
  return kept + text.slice(keptTo);

  function replacedToken(token: string, isNameOfMember: boolean): string {
    if (NUMBER_START.test(token)) return isKept(token) ? token : numberWithoutCards(token);
    if (!token.startsWith('"')) return token;
    const value = stringOf(token);
    if (isNameOfMember) return replacedIf(token, value, textWithoutCards(value));
    if (name === 'data_base64') return replacedIf(token, value, base64WithoutCards(value));
    return isKept(value) ? token : replacedIf(token, value, textWithoutCards(value));
  }

  function isKept(value: string): boolean {
    if (name === undefined) return false;
    if (isEvent && path.length === 1) return ENVELOPE.has(name);
    return IDENTIFIERS.has(name) && !WHITE_SPACE.test(value);
  }
}

const NUMBER_START = /^[-\d]/u;
const NUMBER_PART = /[-+.\deE]/u;
/** No identifier has white space, so that one with a card number in groups is not what a replay needs. */
const WHITE_SPACE = /\s/u;

/** The end of the string, the number or the single character that begins here. Strings and numbers may have any length. */
function tokenEnd(text: string, start: number): number {
  let end = start + 1;
  if (text.charAt(start) === '"') {
    while (text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
    return end + 1;
  }
  if (NUMBER_START.test(text.charAt(start)))
    while (end < text.length && NUMBER_PART.test(text.charAt(end))) end += 1;
  return end;
}

/** Whether the string that ends here is the name of a member. */
function isName(text: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(text.charAt(at)) && at < text.length) at += 1;
  return text.charAt(at) === ':';
}

const stringOf = (token: string): string =>
  JSON.parse(Buffer.from(token, 'latin1').toString('utf8')) as string;

const replacedIf = (token: string, value: string, replaced: string): string =>
  replaced === value ? token : Buffer.from(JSON.stringify(replaced)).toString('latin1');

/** The number as it is written, and as a parser reads it: `4.242424242424242e15`. */
const numberWithoutCards = (token: string): string =>
  holdsCardNumber(token) || holdsCardNumber(String(Number(token))) ? `"${REMOVED}"` : token;

function base64WithoutCards(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const kept = withoutCards(bytes);
  return kept === bytes ? base64 : kept.toString('base64');
}

const BASE64_MEMBER = '"data_base64"';
/** In UTF-16, and in UTF-8 with the separators of copied texts, this many bytes may be between two digits. */
const MAX_GAP = 6;
/** Longer runs are checked in pieces, as the body may have any length. */
const MAX_RUN_GROUPS = 1_000;
/** A digit as an escape, another escape, or bytes that are neither letters nor digits nor the structure of JSON. */
const ESCAPED_DIGIT = /\\u003(\d)/iuy;
const GAP = /\\(?:u[\da-f]{4}|.)|[^\dA-Za-z"{}[\],:\\]/isuy;

/**
 * Replaces what may be a card number in bytes that are not JSON. Their encoding is not known, so that digits count as one number whatever
 * their groups are and whichever few bytes separate them. More is replaced than in texts that can be read: such a message needs corrected
 * data anyway.
 */
function bytesWithoutCards(text: string): string {
  let kept = '';
  let keptTo = 0;
  for (let at = 0; at < text.length;) {
    if (text.charCodeAt(at) === QUOTE && text.startsWith(BASE64_MEMBER, at)) {
      const opening = text.indexOf('"', at + BASE64_MEMBER.length);
      const start = opening === -1 ? text.length : opening + 1;
      const closing = text.indexOf('"', start);
      at = closing === -1 ? text.length : closing;
      kept += text.slice(keptTo, start) + REMOVED;
      keptTo = at;
      continue;
    }
    if (digitAt(text, at) === undefined) {
      at += 1;
      continue;
    }
    const { end, groups } = runAt(text, at);
    if (holdsCardInAnyGroups(groups)) {
      kept += text.slice(keptTo, at) + REMOVED;
      keptTo = end;
    }
    at = end;
  }
  return kept + text.slice(keptTo);
}

/** The groups of digits from here on. */
function runAt(text: string, start: number): { end: number; groups: string[] } {
  const groups: string[] = [];
  let end = start;
  for (let at = start; groups.length < MAX_RUN_GROUPS;) {
    const parts: string[] = [];
    for (let digit = digitAt(text, at); digit; digit = digitAt(text, at)) {
      parts.push(digit.value);
      at += digit.length;
    }
    if (parts.length === 0) break;
    groups.push(parts.join(''));
    end = at;
    for (let gap = 0; gap < MAX_GAP && digitAt(text, at) === undefined; gap += 1) {
      const length = matchAt(GAP, text, at)?.[0].length;
      if (length === undefined) break;
      at += length;
    }
  }
  return { end, groups };
}

function digitAt(text: string, at: number): { value: string; length: number } | undefined {
  const code = text.charCodeAt(at);
  if (code >= 48 && code <= 57) return { value: text.charAt(at), length: 1 };
  if (code !== BACKSLASH) return undefined;
  const escaped = matchAt(ESCAPED_DIGIT, text, at);
  return escaped ? { value: escaped[1] ?? '', length: escaped[0].length } : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function holdsCardInAnyGroups(groups: readonly string[]): boolean {
  return groups.some((_, first) => {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < MAX_DIGITS; last += 1) {
      digits += groups[last] ?? '';
      if (isCardNumber(digits)) return true;
    }
    return false;
  });
}
