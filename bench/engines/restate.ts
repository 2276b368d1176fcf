import { createRequire } from 'node:module';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../dev/processes/free-port.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { startServer, STOP_STEPS, versionOf } from './server.ts';

/** The program in the npm package for this platform. The wrapper of the package would add a process. */
function program(): string | undefined {
  try {
    const wrapper = createRequire(import.meta.url).resolve('@restatedev/restate-server/package.json');
    return createRequire(wrapper).resolve(
      `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
    );
  } catch {
    return undefined; // The package has no program for this platform.
  }
}

export const restateInstallHint = (): string | undefined =>
  program() === undefined
    ? `Restate: its npm package has no program for ${process.platform}-${process.arch}`
    : undefined;

/** Starts a single node with all roles. The node stores its log of invocations on disk, in `folder`. */
export async function startRestate({ folder }: EngineOptions): Promise<Engine> {
  const command = program();
  if (command === undefined) throw new Error(restateInstallHint());
  mkdirSync(folder, { recursive: true });
  const [ingress, admin, node] = [await freePort(), await freePort(), await freePort()];
  const adminUrl = `http://127.0.0.1:${admin}`;
  const server = await startServer(
    {
      command,
      args: ['--no-logo', '--listen-mode', 'tcp'],
      cwd: folder,
      env: {
        RESTATE_BASE_DIR: folder,
        RESTATE_NODE_NAME: 'bench',
        RESTATE_BIND_IP: '127.0.0.1',
        RESTATE_BIND_PORT: String(node),
        RESTATE_INGRESS__BIND_PORT: String(ingress),
        RESTATE_ADMIN__BIND_PORT: String(admin),
        RESTATE_LOG_FILTER: 'warn',
        DO_NOT_TRACK: '1',
      },
      logFile: join(folder, 'restate.log'),
    },
    async () => {
      const response = await fetch(`${adminUrl}/health`);
      if (!response.ok) throw new Error(`${adminUrl}/health answered ${response.status}`);
    },
  );
  return {
    version: `Restate ${versionOf(command, ['--version'], /(\d+\.\d+\.\d+)/) ?? 'unknown'}`,
    pids: [server.pid],
    envFor: () =>
      Promise.resolve({
        RESTATE_INGRESS_URL: `http://127.0.0.1:${ingress}`,
        RESTATE_ADMIN_URL: adminUrl,
      }),
    databases: [],
    async stop() {
      await server.stop(STOP_STEPS);
    },
  };
}
