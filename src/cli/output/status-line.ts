import { paint, writeLine, type Output } from './terminal.ts';

/** The shortest time between two lines of one phase when the output is not a terminal. Milliseconds. */
const LINE_INTERVAL_MS = 10_000;

/** The shortest time between two writes to a terminal, which would slow down what `checkout load` measures. Milliseconds. */
const REWRITE_INTERVAL_MS = 100;

/** Control sequences of ECMA-48: the beginning of the line, and everything after the cursor is cleared. */
const REWRITE = '\r\x1b[K';

/** Shows how far a command is that takes long. */
export interface StatusLine {
  /**
   * @param phase what the command does at the moment. Where the output is not a terminal, a new phase is shown at once; without phases
   * the first line comes after 10 s
   */
  show(text: string, phase?: string): void;
  /** Removes the line from a terminal. Safe to call twice. */
  stop(): void;
}

/**
 * On a terminal: one line, which is rewritten, ten times a second at most. Elsewhere, as in the log of a CI job: a line for each
 * phase, and one every 10 s while the text changes.
 *
 * @param now the time in milliseconds
 */
export function statusLine(stream: Output, now: () => number = Date.now): StatusLine {
  return stream.isTTY === true ? rewrittenLine(stream, now) : separateLines(stream, now);
}

function rewrittenLine(stream: Output, now: () => number): StatusLine {
  let shownAt: number | undefined;
  return {
    show(text) {
      if (shownAt !== undefined && now() - shownAt < REWRITE_INTERVAL_MS) return;
      shownAt = now();
      // A line that wraps could not be rewritten.
      const fits = text.slice(0, (stream.columns ?? 80) - 1);
      stream.write(`${REWRITE}${paint(stream, 'dim', fits)}`);
    },
    stop() {
      if (shownAt !== undefined) stream.write(REWRITE);
      shownAt = undefined;
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
