/** Control characters and lone surrogates: JSON can contain them, text and jsonb of PostgreSQL cannot hold all of them. */
const UNSTORABLE = /[\p{Cc}\p{Cs}]/u;
/** The same without the characters that a text area adds: line breaks and tabs. */
const UNSTORABLE_IN_LINES = /[^\P{Cc}\n\r\t]|\p{Cs}/u;

export const holdsUnstorable = (text: string): boolean => UNSTORABLE.test(text);

/** The same for a text of several lines. */
export const holdsUnstorableInLines = (text: string): boolean => UNSTORABLE_IN_LINES.test(text);
