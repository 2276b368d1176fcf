import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endsWithUs } from './live-children.ts';
import { endProcess } from './process-table.ts';
import type { RunningPart } from '../supervisor.ts';

export interface NodeChildOptions {
  /** A main file of ours, relative to the repository and without its extension: `sandbox/main`. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  /** How long it has after SIGTERM, in milliseconds, before it is killed. */
  readonly graceMs: number;
}

const readyMs = 60_000;

/** This folder holds .ts files while developing, and .js files when built. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/**
 * Starts one of our own processes and returns when it says that it is ready, by IPC. The channel is also how it learns
 * that we are gone. It has a process group of its own, so that Ctrl-C reaches us alone.
 * @throws when it ends before it is ready (it has said why), or takes longer than a minute
 */
export async function startNodeChild({ entry, env, graceMs }: NodeChildOptions): Promise<RunningPart> {
  const file = fileURLToPath(new URL(`../../${entry}${extension}`, import.meta.url));
  const loader =
    extension === '.ts'
      ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
      : [];
  const child = spawn(process.execPath, [...loader, file], {
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  endsWithUs(child, 'SIGKILL');
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit status ${String(code)}` : `ended by ${signal}`);
    });
  });
  const ready = new Promise<string | undefined>((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready')
        resolve(undefined);
    });
    setTimeout(() => {
      resolve(`it was not ready within ${readyMs / 1000} s`);
    }, readyMs).unref();
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} cannot be started`);
  const stop = async (): Promise<void> => {
    const over = child.exitCode !== null || child.signalCode !== null;
    if (!over)
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: graceMs },
        { signal: 'SIGKILL', waitMs: 1000 },
      ]);
  };
  const failure = await Promise.race([ready, exited]);
  if (failure !== undefined) {
    await stop();
    throw new Error(failure);
  }
  return { pid, exited, stop };
}
