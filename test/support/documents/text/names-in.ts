/** What the first group of a pattern matches in a text, as often as it does. The pattern needs the flag `g`. */
export const namesIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);
