import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Everything that a command has of the outside world, so that one can be run inside another process. */
export interface Terminal {
  /** What was asked for; nothing else, so that it can be piped. */
  readonly stdout: Output;
  /** Errors and progress. */
  readonly stderr: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C. A command that asks for it takes over from the default, which ends the process at once. */
  interrupted(): AbortSignal;
}

export type Style = Parameters<typeof styleText>[0];

/** Colours the text where the stream is a terminal; honours NO_COLOR and FORCE_COLOR. */
export const paint = (stream: Output, style: Style, text: string): string =>
  styleText(style, text, { stream });

export const writeLine = (stream: Output, line = ''): void => {
  stream.write(`${line}\n`);
};

/** Machine output: one JSON document. */
export const writeJson = (stream: Output, value: unknown): void => {
  writeLine(stream, JSON.stringify(value, null, 2));
};

/** Machine output of what goes on for a while: one JSON value a line. */
export const writeJsonLine = (stream: Output, value: unknown): void => {
  writeLine(stream, JSON.stringify(value));
};
