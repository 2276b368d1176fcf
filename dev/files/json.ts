/** Returns the value, or undefined if the text is not JSON, as when a person has edited the file. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
