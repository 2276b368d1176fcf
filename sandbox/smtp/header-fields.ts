/**
 * Returns the header fields of a message, unfolded, by lower-case name (RFC 5322, section 2.2). This is much faster than parsing the
 * whole message. Encoded words are not decoded.
 */
export function headerFields(raw: string): Record<string, string> {
  const end = /\r?\n\r?\n/.exec(raw)?.index ?? raw.length;
  const fields: Record<string, string> = {};
  for (const line of raw
    .slice(0, end)
    .replace(/\r?\n(?=[ \t])/g, '')
    .split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields[name];
    fields[name] = before === undefined ? value : `${before}\n${value}`;
  }
  return fields;
}
