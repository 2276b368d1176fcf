import { isSupported, supportedCurrencies } from './currencies.ts';
import { invalidRequest } from './failure.ts';
import type { Form, FormValue } from './form.ts';

/** The most digits that an amount has in any currency: twelve, for IDR. */
const MAX_AMOUNT = 999_999_999_999;

/**
 * Reads and validates the parameters of one request, with Stripe's error codes. Everything it throws is a failed validation, which
 * is not stored under an idempotency key.
 */
export class Params {
  readonly #form: Form;

  /** `known`: the parameters of the endpoint (a list, or words separated by blanks). Any other parameter is refused, as by Stripe. */
  constructor(form: Form, known: string | readonly string[]) {
    this.#form = form;
    const names = typeof known === 'string' ? wordsOf(known) : known;
    const unknown = Object.keys(form).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw invalidRequest('parameter_unknown', `Received unknown parameter: ${unknown}`, unknown);
    }
  }

  has(name: string): boolean {
    return this.#form[name] !== undefined;
  }

  raw(name: string): FormValue | undefined {
    return this.#form[name];
  }

  /** Returns `undefined` for an absent parameter, and `''` for an empty one, which in Stripe's API clears a field. */
  string(name: string): string | undefined {
    const value = this.#form[name];
    if (value === undefined || typeof value === 'string') return value;
    throw invalidRequest(undefined, `Invalid string: ${JSON.stringify(value)}`, name);
  }

  required(name: string): string {
    const value = this.string(name);
    if (value === undefined)
      throw invalidRequest('parameter_missing', `Missing required param: ${name}.`, name);
    if (value === '') {
      const message = `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset.`;
      throw invalidRequest('parameter_invalid_empty', message, name);
    }
    return value;
  }

  /** Returns an amount in minor units, 1 or more. */
  amount(name: string): number | undefined {
    const value = this.integer(name);
    if (value === undefined) return undefined;
    if (value < 1) {
      throw invalidRequest(
        'parameter_invalid_integer',
        'This value must be greater than or equal to 1.',
        name,
      );
    }
    if (value > MAX_AMOUNT) {
      throw invalidRequest('amount_too_large', `Amount must be no more than ${MAX_AMOUNT}`, name);
    }
    return value;
  }

  requiredAmount(name: string): number {
    this.required(name);
    return this.amount(name) ?? 0;
  }

  integer(name: string): number | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (Number.isNaN(number))
      throw invalidRequest('parameter_invalid_integer', `Invalid integer: ${value}`, name);
    return number;
  }

  boolean(name: string): boolean | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0') return false;
    throw invalidRequest(undefined, `Invalid boolean: ${value}`, name);
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.string(name);
    if (value === undefined || value === '') return undefined;
    const found = allowed.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    throw invalidRequest(undefined, `Invalid ${name}: must be one of ${allowed.join(', ')}`, name);
  }

  currency(name: string): string | undefined {
    const value = this.string(name)?.toLowerCase();
    if (value === undefined || isSupported(value)) return value;
    throw invalidRequest(
      undefined,
      `Invalid currency: ${value}. Stripe currently supports these currencies: ${supportedCurrencies()}`,
      name,
    );
  }

  list(name: string): string[] {
    const value = this.#form[name];
    if (value === undefined || value === '') return [];
    if (typeof value === 'string') return [value];
    return Object.values(value).filter((item) => typeof item === 'string');
  }

  object(name: string): Form | undefined {
    const value = this.#form[name];
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'object') return value;
    throw invalidRequest(undefined, 'Invalid object', name);
  }

  /**
   * Returns `current` merged with the given metadata. An empty value removes its key, and `metadata=` removes all keys
   * (docs.stripe.com/api/metadata: 50 keys, names up to 40 characters, values up to 500).
   */
  metadata(current: Readonly<Record<string, string>> = {}): Record<string, string> {
    if (this.#form['metadata'] === '') return {};
    const merged = { ...current };
    for (const [key, value] of Object.entries(this.object('metadata') ?? {})) {
      const param = `metadata[${key}]`;
      if (typeof value !== 'string')
        throw invalidRequest(undefined, 'Metadata values must be strings.', param);
      if (key.length > 40)
        throw invalidRequest(undefined, 'Metadata keys are up to 40 characters long.', param);
      if (value.length > 500)
        throw invalidRequest(undefined, 'Metadata values are up to 500 characters long.', param);
      if (value === '') Reflect.deleteProperty(merged, key);
      else merged[key] = value;
    }
    if (Object.keys(merged).length > 50)
      throw invalidRequest(undefined, 'Metadata has up to 50 keys.', 'metadata');
    return merged;
  }
}

const wordsByText = new Map<string, readonly string[]>();

/** Caches the result, so that a text is split once for each endpoint and not for each request. */
function wordsOf(text: string): readonly string[] {
  const words = wordsByText.get(text) ?? text.split(' ');
  wordsByText.set(text, words);
  return words;
}
