import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface TestProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Everything that it has printed so far. */
  readonly output: () => string;
  /** The exit status, or the signal's name. */
  readonly exited: Promise<number | string>;
}

const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

const started = new Set<ChildProcess>();

/** Runs a script of `test/support` under tsx. */
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
  // Not the event `close`: Node does not send it once the channel to the child was closed from our side.
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      started.delete(child);
      const open = streams.filter((stream) => !stream.closed);
      void Promise.all(open.map((stream) => once(stream, 'close'))).then(() => {
        resolve(code ?? String(signal));
      });
    });
  });
  if (child.pid === undefined) throw new Error(`${script} did not start`);
  return { pid: child.pid, child, output: () => output, exited };
}

/** For `afterEach`: a failed test leaves nothing running. */
export function killScripts(): void {
  for (const child of started) child.kill('SIGKILL');
}
