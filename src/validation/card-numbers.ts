import creditCardType from 'credit-card-type';

/** Barcodes have up to 13 digits; the few cards of 12 and 13 digits are no longer issued. */
const MIN_DIGITS = 14;
export const MAX_DIGITS = 19;
/**
 * The lengths of the groups in which cards are printed and written. Two groups of eight are two phone numbers more often than a card.
 */
const GROUPINGS: readonly (readonly number[])[] = [
  [4, 4, 4, 4],
  [4, 4, 4, 4, 1],
  [4, 4, 4, 4, 2],
  [4, 4, 4, 4, 3],
  [4, 4, 4, 3],
  [4, 4, 4, 2],
  [4, 6, 5],
  [4, 6, 4],
  [6, 13],
];
/** White space, dashes and invisible characters, as texts that are copied have them. */
const SEPARATOR = /[\s\p{Pd}\p{Cf}./]/u;
/** What is written behind a card in the same series of groups: its expiry (`12/27`, `12 2027`, `1227`), its security code, or both. */
const EXPIRY_AND_CODE = /^(?:\d{3}|(?:(?:0?[1-9]|1[0-2]) (?:20)?\d\d|(?:0[1-9]|1[0-2])\d\d)(?: \d{3,4})?)?$/u;
/** Before a card a group this short is a house number; a longer one belongs to the same number, which is then too long for a card. */
const MAX_HOUSE_NUMBER_DIGITS = 3;
/** A series of more groups is checked in pieces: it may have any length in a message that is refused for its size. */
const MAX_GROUPS = 1_000;
/** One in some hundred UUIDs has digits in a row that would pass for a card number. */
const UUID = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/giu;
/** An account number (ISO 13616) in one run. Written in groups, it is recognised by how it begins. */
const IBAN = /\b[A-Z]{2}\d{2}[A-Z\d]{11,30}\b/giu;
/** What precedes the digits of an IBAN in groups: `DE14 5079 …`, `GB29 NWBK 6016 …`. */
const IBAN_COUNTRY = /(?<![A-Za-z\d])[A-Z]{2}$/u;
const IBAN_BANK = /(?<![A-Za-z\d])[A-Z]{2}\d{2}[ -]?[A-Z]{4}[ -]?$/u;
const IBAN_HEAD_LENGTH = 12;
const LINE_BREAK = /[\n\r]/u;

/** The ranges of the first digits that issuers have, with the lengths of their numbers. */
const ISSUERS = Object.values(creditCardType.types)
  .map((type) => creditCardType.getTypeInfo(type))
  .flatMap(({ patterns, lengths }) =>
    patterns.map((pattern) => {
      const [first = 0, last = first] = [pattern].flat();
      return { prefixLength: String(first).length, first, last, lengths };
    }),
  );

/** Groups of digits with one separator between each two of them. */
interface Series {
  groups: string[];
  /** The separator behind each group but the last. */
  separators: string[];
  start: number;
  end: number;
  /** Whether it begins as an IBAN or an international phone number does. */
  isOtherNumber: boolean;
}

/**
 * Whether a free text contains a payment card number (ISO/IEC 7812): digits with the prefix and the length of an issuer and a correct
 * Luhn digit, in one run or in the usual groups with one separator between each two. One in ten numbers has a correct Luhn digit, so
 * that this digit alone would refuse barcodes, phone numbers and serial numbers. For the same reason groups that are part of a longer
 * series are none (an IBAN, a tracking number, phone numbers side by side), unless the rest is a house number before the card, or its
 * expiry and security code, or another card. The digits of a UUID are none.
 */
export const holdsCardNumber = (text: string): boolean =>
  hasDigits(text) && !seriesOf(masked(text), holdsCard).next().done;

/** Returns the text with each card number replaced, together with the groups of digits next to it. */
export function withoutCardNumbers(text: string, replacement: string): string {
  if (!hasDigits(text)) return text;
  let kept = '';
  let at = 0;
  for (const { start, end } of seriesOf(masked(text), holdsCard)) {
    kept += text.slice(at, start) + replacement;
    at = end;
  }
  return kept + text.slice(at);
}

/** Whether these digits are a card number. */
export const isCardNumber = (digits: string): boolean =>
  digits.length >= MIN_DIGITS &&
  digits.length <= MAX_DIGITS &&
  passesLuhn(digits) &&
  ISSUERS.some(({ prefixLength, first, last, lengths }) => {
    const prefix = Number(digits.slice(0, prefixLength));
    return prefix >= first && prefix <= last && lengths.includes(digits.length);
  });

/** Most texts have too few digits for a card, and need no further check. */
function hasDigits(text: string): boolean {
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (isDigit(text, index)) digits += 1;
    if (digits === MIN_DIGITS) return true;
  }
  return false;
}

/** The text, equally long, without UUIDs and valid IBANs. */
const masked = (text: string): string =>
  text
    .replace(UUID, (uuid) => 'x'.repeat(uuid.length))
    .replace(IBAN, (iban) => (isIban(iban) ? 'x'.repeat(iban.length) : iban));

/** Walks by character, since a regular expression that repeats a group fails for a run of some million digits. */
function* seriesOf(text: string, isWanted: (series: Series) => boolean): Generator<Series> {
  for (let at = 0; at < text.length;) {
    if (!isDigit(text, at)) {
      at += 1;
      continue;
    }
    const series = seriesAt(text, at);
    if (isWanted(series)) yield series;
    at = series.end;
  }
}

function seriesAt(text: string, start: number): Series {
  const groups: string[] = [];
  const separators: string[] = [];
  let end = start;
  for (;;) {
    const from = end;
    while (isDigit(text, end)) end += 1;
    groups.push(text.slice(from, end));
    const separator = separatorAt(text, end);
    if (groups.length === MAX_GROUPS || separator === '' || !isDigit(text, end + separator.length)) break;
    separators.push(separator);
    end += separator.length;
  }
  const before = text.slice(Math.max(0, start - IBAN_HEAD_LENGTH), start);
  return { groups, separators, start, end, isOtherNumber: isHead(before, groups[0] ?? '') };
}

/** Whether an IBAN or an international phone number begins with this group, or goes on with it. */
const isHead = (before: string, group: string): boolean =>
  before.endsWith('+') || (group.length === 2 && IBAN_COUNTRY.test(before)) || IBAN_BANK.test(before);

function separatorAt(text: string, at: number): string {
  if (text.startsWith('\r\n', at)) return '\r\n';
  const character = text.charAt(at);
  return SEPARATOR.test(character) ? character : '';
}

function holdsCard(series: Series): boolean {
  const { groups, separators } = series;
  return groups.some((group, at) => {
    if (isCardNumber(group)) return true;
    const isFirst = isFirstOfNumber(series, at);
    // Behind a separator of another kind than its own, a card may begin anywhere.
    const isApart = at > 0 && separators[at - 1] !== separators[at];
    return (isFirst || isApart) && hasCardAt(series, at, isFirst);
  });
}

const isFirstOfNumber = ({ groups, isOtherNumber }: Series, at: number): boolean =>
  !isOtherNumber && (at === 0 || (at === 1 && (groups[0] ?? '').length <= MAX_HOUSE_NUMBER_DIGITS));

function hasCardAt(series: Series, at: number, isFirst: boolean): boolean {
  const { groups, separators } = series;
  return GROUPINGS.some((lengths) => {
    const end = at + lengths.length;
    if (!lengths.every((length, index) => groups[at + index]?.length === length)) return false;
    if (!isCardNumber(groups.slice(at, end).join(''))) return false;
    const [separator = '', ...others] = separators.slice(at, end - 1);
    const isUniform = others.every((other) => other === separator);
    if (!isFirst && !isUniform) return false;
    if (isUniform && separators[end - 1] !== separator) return true;
    return EXPIRY_AND_CODE.test(lineFrom(series, end)) || hasCardAt(series, end, true);
  });
}

/** The groups from this one to the end of its line. */
function lineFrom({ groups, separators }: Series, first: number): string {
  let end = first;
  while (end < groups.length && (end === first || !LINE_BREAK.test(separators[end - 1] ?? ''))) end += 1;
  return groups.slice(first, end).join(' ');
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 48 && code <= 57;
}

/** See https://en.wikipedia.org/wiki/International_Bank_Account_Number#Validating_the_IBAN. */
function isIban(text: string): boolean {
  const moved = (text.slice(4) + text.slice(0, 4)).toUpperCase();
  let remainder = 0;
  for (const character of moved) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** See https://en.wikipedia.org/wiki/Luhn_algorithm. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
