import { INTL_LOCALE, type Locale } from './locale.ts';

/** A text with `{name}` for each parameter. Two texts: for one (`n` is 1, as the language counts), and for all other numbers. */
export type Text = string | { readonly one: string; readonly other: string };
export type TextParameters = Readonly<Record<string, string | number>>;

/**
 * Builds the function that returns a text of `catalogue` with its parameters filled in. `n` chooses between singular and plural; as a
 * number it is formatted in the language, as a text it is taken as it is.
 */
export function createTexts<Key extends string>(locale: Locale, catalogue: Readonly<Record<Key, Text>>) {
  const plural = new Intl.PluralRules(INTL_LOCALE[locale]);
  const number = new Intl.NumberFormat(INTL_LOCALE[locale]);
  return (key: Key, parameters: TextParameters = {}): string => {
    const text = catalogue[key];
    const chosen =
      typeof text === 'string'
        ? text
        : plural.select(Number(parameters['n'] ?? 0)) === 'one'
          ? text.one
          : text.other;
    const filled = chosen.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const value = parameters[name];
      if (value === undefined) return whole;
      return typeof value === 'number' ? number.format(value) : value;
    });
    // An abbreviation at the end of a sentence has the full stop already: `5 Std.`
    return filled.replaceAll(/\.\.(?=\s|$)/g, '.');
  };
}
