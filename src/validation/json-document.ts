import { Problem } from '../contracts/errors.ts';
import { holdsCardNumber } from './card-numbers.ts';
import { fieldPath } from './field-path.ts';
import { duplicatePath } from './json-duplicates.ts';
import { holdsUnstorable, holdsUnstorableInLines } from './text-checks.ts';

/** Far deeper than any body of the API, and shallow enough for a recursive walk. */
const MAX_DEPTH = 32;

const NONE: ReadonlySet<string> = new Set();

/**
 * Members that are no free text: ids, keys and codes of other systems, whose digits may be those of a card number by chance. Each has a
 * pattern of its own, or names something that exists already.
 */
const IDENTIFIERS = /^(sku|trackingCode|location|source|cursor|ids?|.+(Id|Ids|Key))$/;

/** Members that people write in several lines. */
const MULTI_LINE: ReadonlySet<string> = new Set(['note', 'reason', 'description']);

interface Finding {
  kind: 'card' | 'unstorable' | 'depth' | 'magic';
  path: (string | number)[];
}

/**
 * Parses the body of a request, and refuses, before its schema is checked, what no body may contain: card numbers in free text (which
 * are neither repeated nor logged), characters that cannot be stored, and keys that are duplicate or `__proto__`, which parsers
 * treat differently.
 *
 * @param envelope names of top-level members whose own text is not checked: an id may look like a card number
 * @throws {Problem} `invalid_json`, `card_number_refused` or `invalid_request`
 */
export function parseJsonDocument(text: string, envelope: ReadonlySet<string> = NONE): unknown {
  const value = parse(text);
  const walk = { members: 0 };
  const found = find(value, 0, walk, envelope);
  if (found) throw refusal(found);
  // Every member has one colon outside of strings. With a duplicate key there are fewer members than colons.
  if (countColons(text) !== walk.members) {
    const field = fieldPath(duplicatePath(text) ?? []);
    throw new Problem('invalid_request', 'A field is present more than once.', {
      errors: [{ field, message: 'is present more than once' }],
    });
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of the parser's error repeats the body.
    throw new Problem('invalid_json', 'The body is not valid JSON.', {
      errors: [{ field: 'body', message: 'is not valid JSON' }],
    });
  }
}

function find(
  value: unknown,
  depth: number,
  walk: { members: number },
  unchecked: ReadonlySet<string> = NONE,
  check = findInText,
): Finding | undefined {
  if (typeof value === 'string') return check(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === MAX_DEPTH) return { kind: 'depth', path: [] };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = find(item, depth + 1, walk, NONE, check);
      if (found) return { ...found, path: [index, ...found.path] };
    }
    return undefined;
  }
  for (const [key, member] of Object.entries(value)) {
    walk.members += 1;
    if (unchecked.has(key) && typeof member !== 'object') continue;
    const found = findInKey(key) ?? find(member, depth + 1, walk, NONE, checkOf(key));
    if (found) return { ...found, path: [key, ...found.path] };
  }
  return undefined;
}

type TextCheck = (text: string) => Finding | undefined;

/** The check of the texts in a member: of itself, or of the items of its list. */
function checkOf(key: string): TextCheck {
  if (IDENTIFIERS.test(key)) return findUnstorable;
  return MULTI_LINE.has(key) ? findInLines : findInText;
}

function findInKey(key: string): Finding | undefined {
  return key === '__proto__' ? { kind: 'magic', path: [] } : findInText(key);
}

const findInText: TextCheck = (text) => findCard(text) ?? findUnstorable(text);

const findInLines: TextCheck = (text) =>
  findCard(text) ?? (holdsUnstorableInLines(text) ? { kind: 'unstorable', path: [] } : undefined);

const findCard: TextCheck = (text) => (holdsCardNumber(text) ? { kind: 'card', path: [] } : undefined);

const findUnstorable: TextCheck = (text) =>
  holdsUnstorable(text) ? { kind: 'unstorable', path: [] } : undefined;

function refusal({ kind, path }: Finding): Problem {
  const field = fieldPath(path);
  switch (kind) {
    case 'card':
      return new Problem(
        'card_number_refused',
        'Send the id of a payment method (pm_…) instead of the card number.',
        {
          errors: [{ field, message: 'looks like a card number' }],
        },
      );
    case 'unstorable':
      return new Problem('invalid_request', 'A text contains a character that cannot be stored.', {
        errors: [
          {
            field,
            message:
              'must not contain control characters or lone surrogates; only a note, a reason and a description may have line breaks and tabs',
          },
        ],
      });
    case 'magic':
      return new Problem('invalid_request', 'A field has a name that is not allowed.', {
        errors: [{ field, message: 'is not a known field' }],
      });
    case 'depth':
      return new Problem('invalid_request', 'The body is nested too deeply.', {
        errors: [{ field, message: `is nested more than ${MAX_DEPTH} levels deep` }],
      });
  }
}

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;

/** The number of colons outside of strings, in a text that is valid JSON. */
function countColons(text: string): number {
  let colons = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) inString = !inString;
    else if (code === BACKSLASH) index += 1;
    else if (code === COLON && !inString) colons += 1;
  }
  return colons;
}
