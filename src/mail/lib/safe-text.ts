/** Longer values are cut: nothing that a mail shows is longer by intent. Characters. */
const MAX_LENGTH = 2_000;
const MAX_NAME_LENGTH = 60;

/** Control characters, line and paragraph separators, and characters that change the direction of the text after them. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * The text on one line, without control characters. A line break in a title or a name could otherwise add a header to a mail, or lines to
 * its text that look like the shop's own.
 */
export function oneLine(text: string, maxLength = MAX_LENGTH): string {
  const line = text.replace(UNSAFE, ' ').replace(/\s+/gu, ' ').trim();
  return line.length <= maxLength
    ? line
    : `${Array.from(line)
        .slice(0, maxLength - 1)
        .join('')}…`;
}

/** The value with each of its texts on one line. */
export function withSafeTexts<T>(value: T): T {
  return safe(value) as T; // `safe` keeps the shape of its argument
}

function safe(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(safe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, safe(inner)]));
}

/**
 * The name to greet the customer with. Undefined for a name that has a link in it or is too long: orders can be placed in anybody's
 * name, and the shop's mails must not carry the messages of others.
 */
export function nameToGreet(name: string | undefined): string | undefined {
  const line = oneLine(name ?? '');
  return line === '' || line.length > MAX_NAME_LENGTH || /:\/\/|www\.|@|\S\.\p{L}{2}/iu.test(line)
    ? undefined
    : line;
}

/** The address of a link, or undefined if it is not a web address: a mail must not link to scripts or files. */
export function webAddress(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}
