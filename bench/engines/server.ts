import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  startService,
  type ServiceOptions,
  type ServiceProcess,
} from '../../dev/processes/service-process.ts';
import { waitUntilListening } from '../../dev/processes/listening.ts';
import { PortInUseError } from '../../dev/processes/port-in-use-error.ts';
import type { EndStep } from '../../dev/processes/process-table.ts';

const READY_WITHIN_MS = 60_000;
const READY_POLL_INTERVAL_MS = 50;

/** How the server of an engine is stopped. Its data is deleted after the run, so it may be killed. */
export const STOP_STEPS: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
];

/**
 * Starts a server and returns when it listens on the ports and `checkReady` no longer rejects.
 * @throws {PortInUseError} where another process listens on a port of the server
 * @throws with the end of the server's log when it does not become ready
 */
export async function startServer(
  options: ServiceOptions,
  ports: readonly number[],
  checkReady: () => Promise<unknown>,
): Promise<ServiceProcess> {
  const server = await startService(options);
  try {
    for (const port of ports) await waitUntilListening(server.pid, port, READY_WITHIN_MS);
    await untilReady(server, checkReady);
    return server;
  } catch (error) {
    await server.stop(STOP_STEPS);
    if (error instanceof PortInUseError) throw error;
    const message = `${options.command} did not start: ${server.tail()}`;
    if (/address already in use|eaddrinuse/i.test(server.tail(50)))
      throw new PortInUseError(message, undefined, { cause: error });
    throw new Error(message, { cause: error });
  }
}

async function untilReady(server: ServiceProcess, checkReady: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await checkReady();
      return;
    } catch (error) {
      if (!server.running() || Date.now() >= deadline) throw error;
      await delay(READY_POLL_INTERVAL_MS);
    }
  }
}

/** The version in a program's output; undefined where there is no such program. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  return error ? undefined : pattern.exec(`${stdout}${stderr}`)?.[1];
}
