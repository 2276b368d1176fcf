import creditCardType from 'credit-card-type';

/** Barcodes have up to 13 digits; the few cards of 12 and 13 digits are no longer issued. */
const MIN_DIGITS = 14;
const MAX_DIGITS = 19;
const DIGIT_RUN = /\d(?:[ \u00a0-]?\d){13,}/gu;
const SEPARATOR = /[ \u00a0-]/u;
/** One in some hundred UUIDs has digits in a row that would pass for a card number. */
const UUID = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/giu;

/** The ranges of the first digits that issuers have, with the lengths of their numbers. */
const ISSUERS = Object.values(creditCardType.types)
  .map((type) => creditCardType.getTypeInfo(type))
  .flatMap(({ patterns, lengths }) =>
    patterns.map((pattern) => {
      const [first = 0, last = first] = [pattern].flat();
      return { prefixLength: String(first).length, first, last, lengths };
    }),
  );

/** Control characters and lone surrogates: JSON can contain them, text and jsonb of PostgreSQL cannot hold all of them. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;
/** The same without the characters that a text area adds: line breaks and tabs. */
const UNSTORABLE_IN_LINES = /[^\P{Cc}\n\r\t]|\p{Cs}/u;

export const holdsUnstorable = (text: string): boolean => UNSTORABLE.test(text);

/** The same for a text of several lines. */
export const holdsUnstorableInLines = (text: string): boolean => UNSTORABLE_IN_LINES.test(text);

/**
 * Whether a free text contains a payment card number (ISO/IEC 7812): digits with the prefix and the length of an issuer and a correct
 * Luhn digit, in one run or in groups that are separated by single spaces or dashes. Every sequence of neighbouring groups is checked,
 * so that a house number before a card number does not hide it. One in ten numbers has a correct Luhn digit, so that this digit alone
 * would refuse barcodes, phone numbers and serial numbers. The digits of a UUID are none.
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < MIN_DIGITS) return false;
  const runs = text.replace(UUID, ' ').match(DIGIT_RUN);
  return runs !== null && runs.some((run) => holdsCard(run.split(SEPARATOR)));
}

function holdsCard(groups: string[]): boolean {
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < MAX_DIGITS; last += 1) {
      digits += groups[last] ?? '';
      if (isCard(digits)) return true;
    }
  }
  return false;
}

const isCard = (digits: string): boolean =>
  digits.length >= MIN_DIGITS &&
  digits.length <= MAX_DIGITS &&
  passesLuhn(digits) &&
  ISSUERS.some(({ prefixLength, first, last, lengths }) => {
    const prefix = Number(digits.slice(0, prefixLength));
    return prefix >= first && prefix <= last && lengths.includes(digits.length);
  });

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
