import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  startService,
  type ServiceOptions,
  type ServiceProcess,
} from '../../dev/processes/service-process.ts';
import type { EndStep } from '../../dev/processes/process-table.ts';

const READY_WITHIN_MS = 60_000;
const READY_POLL_INTERVAL_MS = 50;

/** How the server of an engine is stopped. Its data is deleted after the run, so it may be killed. */
export const STOP_STEPS: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
];

/**
 * Starts a server and returns when `checkReady` no longer rejects.
 * @throws with the end of the server's log when it does not become ready
 */
export async function startServer(
  options: ServiceOptions,
  checkReady: () => Promise<unknown>,
): Promise<ServiceProcess> {
  const server = await startService(options);
  const deadline = Date.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      await checkReady();
      return server;
    } catch (error) {
      if (server.running() && Date.now() < deadline) {
        await delay(READY_POLL_INTERVAL_MS);
        continue;
      }
      await server.stop(STOP_STEPS);
      throw new Error(`${options.command} did not start: ${server.tail()}`, { cause: error });
    }
  }
}

/** The version in a program's output; undefined where there is no such program. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  return error ? undefined : pattern.exec(`${stdout}${stderr}`)?.[1];
}
