import { paint, writeLine, type Output } from './terminal.ts';

/** The shortest time between two lines of one phase when the output is not a terminal. Milliseconds. */
const LINE_INTERVAL_MS = 10_000;

/** Control sequences of ECMA-48: the beginning of the line, and everything after the cursor is cleared. */
const REWRITE = '\r\x1b[K';

/** Shows how far a command is that takes long. */
export interface StatusLine {
  /** @param phase what the command does at the moment: a new phase is shown at once. Without it the first line comes after 10 s */
  show(text: string, phase?: string): void;
  /** Removes the line from a terminal. Safe to call twice. */
  stop(): void;
}

/**
 * On a terminal: one line, which is rewritten. Elsewhere, as in the log of a CI job: a line for each phase, and one every 10 s
 * while the text changes.
 *
 * @param now the time in milliseconds
 */
export function statusLine(stream: Output, now: () => number = Date.now): StatusLine {
  return stream.isTTY === true ? rewrittenLine(stream) : separateLines(stream, now);
}

function rewrittenLine(stream: Output): StatusLine {
  let shown = false;
  return {
    show(text) {
      shown = true;
      // A line that wraps could not be rewritten.
      const fits = text.slice(0, (stream.columns ?? 80) - 1);
      stream.write(`${REWRITE}${paint(stream, 'dim', fits)}`);
    },
    stop() {
      if (shown) stream.write(REWRITE);
      shown = false;
    },
  };
}

function separateLines(stream: Output, now: () => number): StatusLine {
  let last = { text: '', phase: '', at: now() };
  return {
    show(text, phase = '') {
      if (last.phase === phase && (last.text === text || now() - last.at < LINE_INTERVAL_MS)) return;
      last = { text, phase, at: now() };
      writeLine(stream, text);
    },
    stop: () => undefined,
  };
}
