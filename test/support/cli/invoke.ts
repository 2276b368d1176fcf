import { PassThrough } from 'node:stream';
import type { Terminal } from '../../../src/cli/output/terminal.ts';
import { API_KEY } from './shop-server.ts';

export interface Invocation {
  readonly exitCode: Promise<number>;
  /** What the command has printed so far. */
  out(): string;
  err(): string;
  /** Waits until standard output has the text. */
  printed(text: string): Promise<void>;
  /** Waits until standard error has the text. */
  printedError(text: string): Promise<void>;
  interrupt(): void;
  /** Only on a terminal: types keys, changes its size, and tells whether single keys were asked for. */
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  rawModes(): boolean[];
}

export interface Size {
  columns: number;
  rows: number;
}

/** Starts a command line in this process. Without a size, its streams are no terminal. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, size?: Size): Invocation {
  const stdout = collect(size);
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: size !== undefined,
    setRawMode: (isRaw: boolean) => rawModes.push(isRaw),
  });
  const stderr = collect();
  const interruption = new AbortController();
  const exitCode = runCommandLine(args, {
    stdout: stdout.stream,
    stderr: stderr.stream,
    stdin,
    env: { CHECKOUT_API_KEY: API_KEY, ...env },
    interrupted: () => interruption.signal,
  });
  return {
    exitCode,
    out: stdout.text,
    err: stderr.text,
    printed: stdout.has,
    printedError: stderr.has,
    interrupt: () => {
      interruption.abort();
    },
    type: (keys) => {
      stdin.write(keys);
    },
    resize: (columns, rows) => {
      Object.assign(stdout.stream, { columns, rows }).emit('resize');
    },
    rawModes: () => rawModes,
  };
}

/**
 * Mocha loads test files with `require`, and the commands are loaded with `import`, which has other instances of the same modules.
 * The CLI is therefore loaded with `import` as a whole: otherwise an error of a command would not be an instance of its own class.
 */
async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  const { run } = await import('../../../src/cli/run.ts');
  return run(args, terminal);
}

/** Runs a command line to its end. */
export async function invoke(args: readonly string[], env?: NodeJS.ProcessEnv) {
  const invocation = start(args, env);
  const exitCode = await invocation.exitCode;
  return { exitCode, out: invocation.out(), err: invocation.err() };
}

function collect(size?: Size) {
  const stream = Object.assign(new PassThrough(), size && { isTTY: true, ...size });
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return {
    stream,
    text: (): string => text + String(stream.read() ?? ''),
    has: (wanted: string): Promise<void> =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!text.includes(wanted)) return;
          stream.off('data', check);
          resolve();
        };
        stream.on('data', check);
        check();
      }),
  };
}
