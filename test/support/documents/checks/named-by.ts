import type { CodeSpan } from '../text/markdown.ts';

/** A code span with the noun that says what it is: "the task queue `checkout`", "the tables `orders` and `refunds`". */
export interface Named {
  readonly noun: string;
  readonly text: string;
  readonly line: number;
}

const CONTINUES = /^\s*(,|and|or|, and|, or)\s*$/;

/**
 * The code spans that follow one of these nouns, in the singular or plural, directly or as a further member of a list.
 *
 * @param nouns lower-case singulars, such as `task queue`
 */
export function namedBy(codeSpans: readonly CodeSpan[], nouns: readonly string[]): Named[] {
  const pattern = new RegExp(String.raw`\b(${nouns.map(pluralOf).join('|')})\s+$`, 'i');
  let current: string | undefined;
  return codeSpans.flatMap(({ text, line, before, follows }) => {
    const [, found] = pattern.exec(before) ?? [];
    if (found !== undefined)
      current = nouns.find((noun) => new RegExp(`^${pluralOf(noun)}$`, 'i').test(found));
    else if (!follows || !CONTINUES.test(before)) current = undefined;
    return current === undefined ? [] : [{ noun: current, text, line }];
  });
}

const pluralOf = (noun: string): string =>
  noun.endsWith('y') ? `${noun.slice(0, -1)}(?:y|ies)` : noun.endsWith('x') ? `${noun}(?:es)?` : `${noun}s?`;
