import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  startService,
  type ServiceOptions,
  type ServiceProcess,
} from '../../dev/processes/service-process.ts';
import type { EndStep } from '../../dev/processes/process-table.ts';

const READY_MS = 60_000;
const POLL_MS = 50;

/** Whatever it keeps is thrown away after the run: it may be killed. */
export const END: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
];

/** Starts a server and waits until `ready` no longer rejects. @throws with its last words when it never does */
export async function startServer(
  options: ServiceOptions,
  ready: () => Promise<unknown>,
): Promise<ServiceProcess> {
  const server = await startService(options);
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      await ready();
      return server;
    } catch (error) {
      if (server.running() && Date.now() < deadline) {
        await delay(POLL_MS);
        continue;
      }
      await server.stop(END);
      throw new Error(`${options.command} does not start: ${server.tail()}`, { cause: error });
    }
  }
}

/** What a program says of its version; undefined where there is no such program. */
export function versionOf(command: string, args: readonly string[], pattern: RegExp): string | undefined {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 30_000 });
  return error ? undefined : pattern.exec(`${stdout}${stderr}`)?.[1];
}
