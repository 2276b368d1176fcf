import type ts from 'typescript';

/** A change of the text of a source, by positions in it. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

export const replace = (node: ts.Node, text: string): Edit => ({
  from: node.getStart(),
  to: node.getEnd(),
  text,
});

export const remove = (node: ts.Node): Edit => replace(node, '');

export const insertBefore = (node: ts.Node, text: string): Edit => ({
  from: node.getStart(),
  to: node.getStart(),
  text: `${text}\n`,
});

export const insertAfter = (node: ts.Node, text: string): Edit => ({
  from: node.getEnd(),
  to: node.getEnd(),
  text: `\n${text}`,
});

export const insertAtStart = (block: ts.Block, text: string): Edit => ({
  from: block.getStart() + 1,
  to: block.getStart() + 1,
  text: `\n${text}\n`,
});

/** @throws when two edits overlap */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const lastFirst = [...edits].sort((a, b) => b.from - a.from);
  let limit = text.length;
  let changed = text;
  for (const { from, to, text: replacement } of lastFirst) {
    if (to > limit) throw new Error('two edits of a mutation overlap');
    changed = changed.slice(0, from) + replacement + changed.slice(to);
    limit = from;
  }
  return changed;
}
