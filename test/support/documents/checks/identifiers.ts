import type { Document, Finding } from '../text/document.ts';

/** `reserveStock`, `retryUntilDone()` */
const CAMEL_CASE = /^([a-z]+(?:[A-Z][A-Za-z0-9]*)+)(?:\(.*\))?$/;
/** `OutcomeWaiter`, `PaymentProvider` */
const PASCAL_CASE = /^((?:[A-Z][a-z0-9]+){2,})(?:\(.*\))?$/;
/** `order_claims`, `payment_unknown` */
const SNAKE_CASE = /^([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\(.*\))?$/;
const FORMS = [CAMEL_CASE, PASCAL_CASE, SNAKE_CASE];

/** Names of the code, the database and the wire: each is a word somewhere in the sources. */
export function checkIdentifiers({ file, codeSpans }: Document, words: ReadonlySet<string>): Finding[] {
  return codeSpans.flatMap(({ text, line }) =>
    text
      .split(/[\s,.]+/)
      .flatMap((part) => FORMS.map((form) => form.exec(part)?.[1]).find((name) => name !== undefined) ?? [])
      .filter((name) => !words.has(name))
      .map((name) => ({
        file,
        line,
        named: name,
        fix: 'no source file has this name. Correct it, or use the present one.',
      })),
  );
}
