import { holdsCardNumber } from './card-numbers.ts';
import { holdsUnstorable } from './text-checks.ts';

const MAX_NAME_LENGTH = 64;

/** The path of a field in an error, for example `lines[0].quantity`; `root` for the whole body or query. */
export function fieldPath(parts: readonly (string | number)[], root = 'body'): string {
  let path = '';
  for (const part of parts) {
    if (typeof part === 'number') path += `[${part}]`;
    else path += path === '' ? showable(part) : `.${showable(part)}`;
  }
  return path === '' ? root : path;
}

/** The name of an unknown field may be any text, even a card number, which must not be repeated in an error. */
function showable(name: string): string {
  if (holdsCardNumber(name) || holdsUnstorable(name)) return '(name not shown)';
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name;
}
