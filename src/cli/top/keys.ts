import type { Input } from '../output/terminal.ts';

/** `q`, or Ctrl-C, which is a character where single keys are read. */
const QUIT = ['q', 'Q', '\x03'];

/**
 * Reads single keys from a terminal: `q` and Ctrl-C call `onQuit`. Returns a function that gives the terminal back as it was. Does
 * nothing where the input is no terminal.
 */
export function readKeys(input: Input | undefined, onQuit: () => void): () => void {
  if (input?.isTTY !== true || input.setRawMode === undefined) return () => undefined;
  const onData = (data: Buffer | string) => {
    if (QUIT.some((key) => data.toString().includes(key))) onQuit();
  };
  input.setRawMode(true);
  input.on('data', onData);
  input.resume();
  return () => {
    input.off('data', onData);
    input.setRawMode?.(false);
    input.pause();
  };
}
