/** One line of the command palette. */
export interface Command {
  id: string;
  kind: 'page' | 'action' | 'order' | 'view';
  text: string;
  /** The keys that do the same. */
  keys?: string;
  run: () => void;
}

export const MAX_COMMANDS = 8;

/**
 * The commands that `typed` may mean, the best first, eight at most: each of its words is in the text; texts that begin with it come before
 * those with a word that does, and these before the others. Of equals, those that were given first.
 */
export function commandsFor(typed: string, commands: readonly Command[]): Command[] {
  const wanted = typed.trim().toLocaleLowerCase();
  if (wanted === '') return commands.slice(0, MAX_COMMANDS);
  const words = wanted.split(/\s+/);
  return commands
    .map((command) => ({ command, rank: rankOf(command.text.toLocaleLowerCase(), wanted, words) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_COMMANDS)
    .map(({ command }) => command);
}

function rankOf(text: string, wanted: string, words: readonly string[]): number {
  if (!words.every((word) => text.includes(word))) return Infinity;
  if (text.startsWith(wanted)) return 0;
  return text.split(/[\s_-]+/).some((word) => word.startsWith(words[0] ?? '')) ? 1 : 2;
}

/** Whether a text may be the id of something of an order, so that the server is asked for it. */
export const mayBeId = (typed: string): boolean => /^[\w.:-]{6,200}$/.test(typed.trim());

/** Keys that move, which are no actions on what is in focus. */
const MOVING = new Set(['j', 'k', 'o', 'Enter', 'u', '[', ']', '/']);

/** Whether the binding of a key is an action that the palette offers. The pages have lines of their own. */
export const isAction = ({ keys, label }: { keys: string; label: string }): boolean =>
  label !== '' && !keys.startsWith('g ') && !MOVING.has(keys);
