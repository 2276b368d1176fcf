import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface TestProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Returns everything that the process has printed so far. */
  readonly output: () => string;
  /** Resolves with the exit status, or with the name of the signal. */
  readonly exited: Promise<number | string>;
}

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

const started = new Set<ChildProcess>();

/**
 * Runs a script with tsx.
 *
 * @param script relative to `test/support`
 * @param options `root`: another copy of the repository
 */
export function runScript(
  script: string,
  args: readonly string[],
  options: SpawnOptions & { readonly root?: string } = {},
): TestProcess {
  const { root, ...spawnOptions } = options;
  const file =
    root === undefined ? fileURLToPath(new URL(script, import.meta.url)) : `${root}/test/support/${script}`;
  const child = spawn(process.execPath, ['--import', loader, file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...spawnOptions,
  });
  started.add(child);
  let output = '';
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  // Node does not emit the event `close` if this process has closed the IPC channel to the child.
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      started.delete(child);
      const open = streams.filter((stream) => !stream.closed);
      void Promise.all(open.map((stream) => once(stream, 'close'))).then(() => {
        resolve(code ?? String(signal));
      });
    });
  });
  if (child.pid === undefined) throw new Error(`${script} could not be started`);
  return { pid: child.pid, child, output: () => output, exited };
}

/** Kills all scripts that still run. For `afterEach`, so that a failed test leaves nothing running. */
export function killScripts(): void {
  for (const child of started) child.kill('SIGKILL');
}
