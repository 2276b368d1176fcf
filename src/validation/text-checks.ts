const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const DIGIT_RUN = /\d(?:[ \u00a0-]?\d){12,}/gu;
const SEPARATOR = /[ \u00a0-]/u;
/** One in some hundred UUIDs has digits in a row that would pass for a card number. */
const UUID = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/giu;

/** Control characters and lone surrogates: JSON can contain them, text and jsonb of PostgreSQL cannot. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;

export const holdsUnstorable = (text: string): boolean => UNSTORABLE.test(text);

/**
 * Whether the text contains a payment card number (ISO/IEC 7812): 13 to 19 digits with a correct Luhn digit, in one run or in
 * groups that are separated by single spaces or dashes. Every sequence of neighbouring groups is checked, so that a house
 * number before a card number does not hide it. The digits of a UUID are none.
 */
export function holdsCardNumber(text: string): boolean {
  if (text.length < MIN_DIGITS) return false;
  const runs = text.replace(UUID, ' ').match(DIGIT_RUN);
  return runs !== null && runs.some((run) => holdsCard(run.split(SEPARATOR)));
}

/** The same for a JSON number. One that could be an amount or a time in milliseconds is no card number. */
export const isCardNumber = (value: number): boolean =>
  value >= 3e12 && Number.isSafeInteger(value) && holdsCard([String(value)]);

function holdsCard(groups: string[]): boolean {
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < MAX_DIGITS; last += 1) {
      digits += groups[last] ?? '';
      if (digits.length >= MIN_DIGITS && digits.length <= MAX_DIGITS && passesLuhn(digits)) return true;
    }
  }
  return false;
}

/** See https://en.wikipedia.org/wiki/Luhn_algorithm. All zeros would pass it too, but are no card number. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum > 0 && sum % 10 === 0;
}
