/** Where a member stands in a text: the offsets of its value, and the line that it begins on, from 1. */
export interface JsonPosition {
  from: number;
  to: number;
  line: number;
}

/**
 * Finds the value at a path such as `lines[0].quantity` in a JSON text; for a member that there is not, what should have it. `undefined`
 * where the text is no JSON.
 */
export function positionOf(text: string, path: string): JsonPosition | undefined {
  const steps = [...path.matchAll(/[^.[\]]+/g)].map(([step]) => step);
  const spans = spansOf(text);
  for (let length = steps.length; spans && length >= 0; length -= 1) {
    const span = spans.get(steps.slice(0, length).join('\n'));
    if (span) return { ...span, line: text.slice(0, span.from).split('\n').length };
  }
  return undefined;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

interface Open {
  from: number;
  path: string[];
  /** The key of the next value. */
  key: string;
  isArray: boolean;
}

/** The span of each value by its path. */
function spansOf(text: string): Map<string, { from: number; to: number }> | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const spans = new Map<string, { from: number; to: number }>();
  const open: Open[] = [];
  const pathOf = (): string[] => {
    const parent = open.at(-1);
    return parent ? [...parent.path, parent.key] : [];
  };
  let isKey = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    const inside = open.at(-1);
    if (token === '{' || token === '[') {
      open.push({ from: index, path: pathOf(), key: '0', isArray: token === '[' });
      isKey = token === '{';
    } else if (token === '}' || token === ']') {
      const closed = open.pop();
      if (closed) spans.set(closed.path.join('\n'), { from: closed.from, to: index + 1 });
      isKey = false;
    } else if (token === ',') {
      if (inside?.isArray) inside.key = String(Number(inside.key) + 1);
      isKey = inside?.isArray === false;
    } else if (token === ':') isKey = false;
    else if (isKey && inside) inside.key = JSON.parse(token) as string;
    else spans.set(pathOf().join('\n'), { from: index, to: index + token.length });
  }
  return spans;
}
