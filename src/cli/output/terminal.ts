import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** What somebody types, if it is a terminal. */
export type Input = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
};

/** The streams, environment and signals of a command, so that tests can run it inside their own process. */
export interface Terminal {
  /** The result and nothing else, so that it can be piped. */
  readonly stdout: Output;
  /** Errors and progress. */
  readonly stderr: Output;
  /** Undefined: nobody types. */
  readonly stdin?: Input;
  readonly env: NodeJS.ProcessEnv;
  /** A signal that Ctrl-C aborts. Without this call Ctrl-C ends the process at once. */
  interrupted(): AbortSignal;
}

export type Style = Parameters<typeof styleText>[0];

/** Colours the text when the stream is a terminal. Respects NO_COLOR and FORCE_COLOR. */
export const paint = (stream: Output, style: Style, text: string): string =>
  styleText(style, text, { stream });

export const writeLine = (stream: Output, line = ''): void => {
  stream.write(`${line}\n`);
};

/** Writes one JSON document. */
export const writeJson = (stream: Output, value: unknown): void => {
  writeLine(stream, JSON.stringify(value, null, 2));
};

/** Writes one JSON value on one line, for output that goes on for a while. */
export const writeJsonLine = (stream: Output, value: unknown): void => {
  writeLine(stream, JSON.stringify(value));
};
