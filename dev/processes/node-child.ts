import { spawn, type ChildProcess, type Serializable } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isPortInUseMessage } from '../../src/platform/port-in-use.ts';
import { exitOf, hasEnded } from './child-exit.ts';
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
export async function startNodeChild(options: NodeChildOptions): Promise<RunningPart> {
  const loader =
    extension === '.ts'
      ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
      : [];
  const child = spawnNode([...loader, pathOfEntry(options.entry)], options);
  await child.reported('ready');
  return child;
}

/** Returns the path of a main file: of its TypeScript, or of its JavaScript in the build. */
export const pathOfEntry = (entry: string): string =>
  fileURLToPath(new URL(`../../${entry}${extension}`, import.meta.url));

export interface NodeChild extends RunningPart {
  /** Resolves when the process has sent a message of this type; otherwise stops it and rejects, as {@link startNodeChild} does. */
  readonly reported: (type: string) => Promise<void>;
  /** Does nothing if the process has ended; `reported` says so. */
  readonly send: (message: Serializable) => void;
}

/** Starts Node with these arguments, as {@link startNodeChild} does, and does not wait for it. */
export function spawnNode(
  args: readonly string[],
  { env, graceMs }: Pick<NodeChildOptions, 'env' | 'graceMs'>,
): NodeChild {
  const child = spawn(process.execPath, args, {
    env,
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  // An error without a listener would end this process. The missing pid says that the process was not started, and `exited` that it
  // has ended before a message reached it.
  child.on('error', () => undefined);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
  killOnExit(child, 'SIGKILL');
  const exited = exitOf(child);
  const disconnected = new Promise<void>((resolve) => {
    child.once('disconnect', resolve);
  });
  let takenPort: number | undefined;
  child.on('message', (message: unknown) => {
    if (isPortInUseMessage(message)) takenPort = message.port;
  });
  const stop = async (): Promise<void> => {
    if (!hasEnded(child))
      await endProcess(pid, [
        { signal: 'SIGTERM', waitMs: graceMs },
        { signal: 'SIGKILL', waitMs: 1000 },
      ]);
  };
  return {
    pid,
    exited,
    stop,
    send: (message) => child.send(message),
    reported: async (type) => {
      const failure = await Promise.race([messageOf(child, type), exited]);
      if (failure === undefined) return;
      await stop();
      if (child.connected) await disconnected; // the event `exit` may come before the last message
      if (takenPort !== undefined)
        throw new PortInUseError(`port ${takenPort} is used by another process`, takenPort);
      throw new Error(failure);
    },
  };
}

/** Resolves with undefined when the process has sent the message, and with a reason when that takes too long. */
function messageOf(child: ChildProcess, type: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === type)
        resolve(undefined);
    });
    setTimeout(() => {
      resolve(`it was not ready within ${READY_TIMEOUT_MS / 1000} s`);
    }, READY_TIMEOUT_MS).unref();
  });
}
