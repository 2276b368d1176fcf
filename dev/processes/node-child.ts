import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isPortInUseMessage } from '../../src/platform/port-in-use.ts';
import { killOnExit } from './kill-on-exit.ts';
import { endProcess } from './process-table.ts';
import type { RunningPart } from './part.ts';
import { PortInUseError } from './port-in-use-error.ts';

export interface NodeChildOptions {
  /** The main file, relative to the repository and without its extension: `sandbox/main`. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds between SIGTERM and SIGKILL when the process is stopped. */
  readonly graceMs: number;
}

const READY_TIMEOUT_MS = 60_000;

/** `.ts` in the repository, `.js` in the build. */
const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/**
 * Starts a Node process. Resolves when the process reports by IPC that it is ready. The closed IPC channel also tells the process
 * that its parent has ended. The process has its own process group, so that Ctrl-C reaches only this process.
 *
 * @throws {PortInUseError} if the process reports that it cannot listen on a port
 * @throws {Error} if the process ends before it is ready (it has printed the reason), or is not ready within a minute
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
  killOnExit(child, 'SIGKILL');
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `exit status ${String(code)}` : `ended by ${signal}`);
    });
  });
  const disconnected = new Promise<void>((resolve) => {
    child.once('disconnect', resolve);
  });
  let takenPort: number | undefined;
  const ready = new Promise<string | undefined>((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready')
        resolve(undefined);
      if (isPortInUseMessage(message)) takenPort = message.port;
    });
    setTimeout(() => {
      resolve(`it was not ready within ${READY_TIMEOUT_MS / 1000} s`);
    }, READY_TIMEOUT_MS).unref();
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
  const stop = async (): Promise<void> => {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (!hasEnded)
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: graceMs },
        { signal: 'SIGKILL', waitMs: 1000 },
      ]);
  };
  const failure = await Promise.race([ready, exited]);
  if (failure !== undefined) {
    await stop();
    if (child.connected) await disconnected; // the event `exit` may come before the last message
    if (takenPort !== undefined)
      throw new PortInUseError(`port ${takenPort} is used by another process`, takenPort);
    throw new Error(failure);
  }
  return { pid, exited, stop };
}
