interface Level {
  /** The keys seen so far; undefined in an array. */
  keys: Set<string> | undefined;
  /** The present position: a key of the object or an index of the array. */
  at: string | number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gsu;

/**
 * Returns the path of the first duplicate key in a text that is valid JSON. It is slow, and only called when there is one.
 */
export function duplicatePath(text: string): (string | number)[] | undefined {
  const levels: Level[] = [];
  let lastString = '';
  for (const [token] of text.matchAll(TOKEN)) {
    const level = levels.at(-1);
    switch (token) {
      case '{':
        levels.push({ keys: new Set(), at: '' });
        break;
      case '[':
        levels.push({ keys: undefined, at: 0 });
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',':
        if (typeof level?.at === 'number') level.at += 1;
        break;
      case ':':
        if (!level?.keys) break;
        level.at = lastString;
        if (level.keys.has(lastString)) return levels.map(({ at }) => at);
        level.keys.add(lastString);
        break;
      default:
        lastString = String(JSON.parse(token));
    }
  }
  return undefined;
}
