import { Problem } from '../../contracts/errors.ts';
import type { RawRow } from './raw-row.ts';
import { readJsonRow, requireRowLength } from './json-row.ts';

/**
 * Reads the elements of a JSON array, or one object, without holding more than one of them. A bad element is a bad row as long as
 * its brackets and quotes are in pairs.
 *
 * @throws {Problem} `invalid_json` if the text is neither, or ends too early; `invalid_request` if an element is too long
 */
export async function* readJsonRows(texts: AsyncIterable<string>): AsyncGenerator<RawRow> {
  const splitter = createSplitter();
  let row = 0;
  for await (const text of texts) {
    for (const element of splitter.push(text)) {
      row += 1;
      requireRowLength(row, element.length);
      yield readJsonRow(row, element);
    }
    requireRowLength(row + 1, splitter.pendingLength());
  }
  const last = splitter.end();
  if (last !== undefined) yield readJsonRow(row + 1, last);
}

type Place = 'before' | 'object' | 'array' | 'after';

const SPACE = /^\s*$/;

/** Splits the text of a JSON array into the texts of its elements. */
function createSplitter() {
  let place: Place = 'before';
  let element = '';
  let depth = 0;
  let inString = false;
  let escaped = false;
  /** Whether a comma came last, after which there must be an element. */
  let expectsElement = false;

  function* push(text: string): Generator<string> {
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const char = text.charAt(at);
      if (inString) {
        if (escaped) escaped = false;
        else if (char === '\\') escaped = true;
        else if (char === '"') inString = false;
        continue;
      }
      if (place === 'before' || place === 'after') {
        if (SPACE.test(char)) continue;
        if (place === 'after') throw notJson('has text after its end');
        if (char === '[') {
          place = 'array';
          start = at + 1;
          continue;
        }
        if (char !== '{') throw notJson('must be an array or an object');
        place = 'object';
        start = at;
      }
      if (char === '"') inString = true;
      else if (char === '{' || char === '[') depth += 1;
      else if (depth > 0) {
        if (char !== '}' && char !== ']') continue;
        depth -= 1;
        if (depth > 0 || place === 'array') continue;
        place = 'after';
        yield element + text.slice(start, at + 1);
        element = '';
      } else if (char === ',' || char === ']') {
        const complete = element + text.slice(start, at);
        element = '';
        start = at + 1;
        const isEmptyArray = char === ']' && !expectsElement;
        if (!SPACE.test(complete)) yield complete;
        else if (!isEmptyArray) throw notJson('has a comma without an element');
        expectsElement = char === ',';
        if (char === ']') place = 'after';
      }
    }
    if (place === 'array' || place === 'object') element += text.slice(start);
  }

  return {
    push,
    pendingLength: () => element.length,
    /** Returns the text of an incomplete object, so that its problem is that of the row. */
    end(): string | undefined {
      if (place === 'after') return undefined;
      if (place === 'object') return element;
      throw notJson(place === 'before' ? 'is empty' : 'ends before the array does');
    },
  };
}

const notJson = (message: string): Problem =>
  new Problem('invalid_json', `The body ${message}. Send a JSON array of rows, or one row.`, {
    errors: [{ field: 'body', message }],
  });
