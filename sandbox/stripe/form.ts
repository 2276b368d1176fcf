import { parse } from 'node:querystring';

/** A value of Stripe's form encoding: `metadata[order_id]=1` is a nested value, `expand[]=a` and `expand[0]=a` are lists. */
export type FormValue = string | Form;
export interface Form {
  [name: string]: FormValue;
}

/**
 * Parses a query string or a form body as Stripe does. Objects have no prototype, so that `__proto__` is an ordinary parameter name.
 * Lists become objects with the keys 0, 1, 2 …
 */
export function parseForm(text: string): Form {
  const root = emptyForm();
  for (const [name, value] of Object.entries(parse(text, '&', '=', { maxKeys: 0 }))) {
    for (const single of Array.isArray(value) ? value : [value ?? '']) put(root, pathOf(name), single);
  }
  return root;
}

export function emptyForm(): Form {
  return Object.create(null) as Form;
}

/** Returns the same text for the same parameters in any order, to compare requests with the same idempotency key. */
export function canonical(value: FormValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name] ?? '')}`).join(',')}}`;
}

function pathOf(name: string): string[] {
  const bracket = name.indexOf('[');
  if (bracket <= 0 || !name.endsWith(']')) return [name];
  return [name.slice(0, bracket), ...name.slice(bracket + 1, -1).split('][')];
}

function put(root: Form, path: readonly string[], value: string): void {
  let at = root;
  path.forEach((step, depth) => {
    const name = step === '' ? String(Object.keys(at).length) : step;
    if (depth === path.length - 1) {
      at[name] = value;
      return;
    }
    const inner = at[name];
    const next = typeof inner === 'object' ? inner : emptyForm();
    at[name] = next;
    at = next;
  });
}
